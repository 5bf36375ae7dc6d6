package localpolicy

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// nodesOf names the nodes of each rack, rack by rack.
func nodesOf(l *suite.Lab) [][]string {
	GinkgoHelper()
	var racks [][]string
	for _, leaf := range l.Topology().Leaves() {
		var names []string
		for _, host := range l.Topology().Rack(leaf.Rack) {
			if host.Role == topology.Node {
				names = append(names, host.Name)
			}
		}
		Expect(len(names)).To(BeNumerically(">=", 2), "nodes of %s", leaf.Rack)
		racks = append(racks, names)
	}
	Expect(len(racks)).To(BeNumerically(">=", 2), "racks")
	return racks
}

// client is a host outside, and its place in the lab.
func client(l *suite.Lab) (topology.Host, lab.Host) {
	GinkgoHelper()
	clients := l.Topology().ByRole(topology.Client)
	Expect(clients).NotTo(BeEmpty(), "clients outside")
	return clients[0], l.From(clients[0].Name)
}

// localService is a service of type NodePort with externalTrafficPolicy Local.
func localService(deployment *workload.Deployment) workload.ServiceOptions {
	return workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, Local: true}
}

// reached makes a service with externalTrafficPolicy Local and an external IP, and
// returns where that answers. Connections are made to external IPs because to kube-proxy a
// cluster IP is for inside the cluster, whoever announces it (LOC-045).
func reached(ctx SpecContext, l *suite.Lab, deployment *workload.Deployment, n int) netip.AddrPort {
	GinkgoHelper()
	options := localService(deployment)
	options.ExternalIPs = []netip.Addr{workload.ExternalIP(l, n)}
	return workload.NewService(ctx, l, options).Addr(options.ExternalIPs[0])
}
