package workload

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/suite"
)

// NewLoadBalancer makes a service that has the nth LoadBalancer IP of the topology and one
// pod, on a node of the caller's choice. It returns where the service answers, and the pod.
func NewLoadBalancer(ctx context.Context, l *suite.Lab, n int, node string, local bool) (netip.AddrPort, Pod) {
	ginkgo.GinkgoHelper()
	address := LoadBalancerIP(l, n)
	deployment := NewDeployment(ctx, l, 1, OnNodes(node))
	service := NewService(ctx, l, ServiceOptions{
		Deployment: deployment, Type: corev1.ServiceTypeLoadBalancer, Local: local, LoadBalancerIPs: []netip.Addr{address},
	})
	pods := deployment.Ready(ctx)
	gomega.Expect(pods).To(gomega.HaveLen(1), "pods of service %s", service.Name())
	return service.Addr(address), pods[0]
}
