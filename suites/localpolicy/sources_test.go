package localpolicy

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// sources is requirement G16.
func sources(l *suite.Lab) {
	Context("source addresses", Label("traffic"), func() {
		Requirement("LOC-040", "with externalTrafficPolicy Local the pod MUST see the client's own address, by an external IP", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			outside, from := client(l)
			to := reached(ctx, l, nil, 70)
			expectSeenAs(ctx, l, from, to, func(wire.Connection) []netip.Addr { return []netip.Addr{outside.Address()} })
		})

		Requirement("LOC-041", "with externalTrafficPolicy Cluster the pod MUST see the address of the node that the connection came to", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			_, from := client(l)
			options := localService(nil)
			options.Local, options.ExternalIPs = false, []netip.Addr{workload.ExternalIP(l, 71)}
			service := workload.NewService(ctx, l, options)
			expectSeenAs(ctx, l, from, service.Addr(workload.ExternalIP(l, 71)), addressesOfEntry(l))
		})

		Requirement("LOC-042", "with externalTrafficPolicy Local the pod MUST see the client's own address, by a LoadBalancer IP", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			outside, from := client(l)
			options := localService(nil)
			options.Type, options.LoadBalancerIPs = corev1.ServiceTypeLoadBalancer, []netip.Addr{workload.LoadBalancerIP(l, 72)}
			service := workload.NewService(ctx, l, options)
			expectSeenAs(ctx, l, from, service.Addr(workload.LoadBalancerIP(l, 72)), func(wire.Connection) []netip.Addr { return []netip.Addr{outside.Address()} })
		})

		Requirement("LOC-045", "by a cluster IP the pod MUST be seen to get the node's address even with Local, as cluster IPs are internal to kube-proxy", Needs(CaptureOnNodes, Clients), Label("negative"), func(ctx SpecContext) {
			_, from := client(l)
			service := workload.NewService(ctx, l, localService(nil))
			expectSeenAs(ctx, l, from, service.Addr(service.ClusterIP), addressesOfEntry(l))
		})

		Requirement("LOC-043", "a NetworkPolicy that allows the client's address alone MUST let the client in by a Local service, and nobody else", Needs(Clients, SendFromSwitches), Label("changes"), func(ctx SpecContext) {
			outside, from := client(l)
			deployment := workload.NewDeployment(ctx, l, 1)
			to := reached(ctx, l, deployment, 73)
			deployment.Ready(ctx)
			router := l.Topology().Spines()[0]
			Eventually(probe.Attempt).WithContext(ctx).WithArguments(l.From(router.Name), to, probe.Silence).Should(Equal(probe.Answered), "from %s before the policy", router.Name)

			allow := route.Single(outside.Address())
			policy := &networkingv1.NetworkPolicy{
				ObjectMeta: metav1.ObjectMeta{GenerateName: "client-alone-", Namespace: fixtures.WorkloadNamespace},
				Spec: networkingv1.NetworkPolicySpec{
					PodSelector: metav1.LabelSelector{MatchLabels: deployment.Selector()},
					PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
					Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: allow.String()}}}}},
				},
			}
			Expect(l.Client.Resources().Create(ctx, policy)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(l.Client.Resources().Delete(ctx, policy)).To(Succeed()) })
			Eventually(probe.Attempt).WithContext(ctx).WithArguments(l.From(router.Name), to, probe.Silence).Should(Equal(probe.TimedOut), "from %s under the policy", router.Name)
			Expect(probe.Attempt(ctx, from, to, probe.Silence)).To(Equal(probe.Answered), "from %s under the policy", outside.Name)
		})

		Requirement("LOC-044", "a node without an endpoint MUST swallow what comes to its node port, and one with an endpoint answer", Needs(Clients), func(ctx SpecContext) {
			_, from := client(l)
			racks := nodesOf(l)
			chosen, other := racks[0][0], racks[1][0]
			deployment := workload.NewDeployment(ctx, l, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, l, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, Local: true})
			deployment.Ready(ctx)
			with, _ := l.Topology().Host(chosen)
			without, _ := l.Topology().Host(other)
			Eventually(probe.Attempt).WithContext(ctx).WithArguments(from, service.NodeAddr(with.Address()), probe.Silence).Should(Equal(probe.Answered), chosen)
			// Refused until kube-proxy there has heard of the service.
			Eventually(probe.Attempt).WithContext(ctx).WithArguments(from, service.NodeAddr(without.Address()), probe.Silence).Should(Equal(probe.TimedOut), other)
		})
	})
}

// expectSeenAs makes many connections to a service that every node announces, and expects
// that the pods see each with one of the addresses that are given for it.
func expectSeenAs(ctx SpecContext, l *suite.Lab, from lab.Host, to netip.AddrPort, as func(wire.Connection) []netip.Addr) {
	GinkgoHelper()
	for _, c := range wire.EveryWayAnswers(ctx, l, from, to, slices.Concat(nodesOf(l)...)) {
		Expect(c.Client.Addr()).To(BeElementOf(as(c)), "the source address of the connection that came to %s and that a pod on %s answered", c.Entry, c.ServerNode)
	}
}

// addressesOfEntry are the addresses of the node that a connection came to. To a pod of its
// own a kernel masquerades with the first address that it has, which may be that of the
// management network: the pod's interface has none.
func addressesOfEntry(l *suite.Lab) func(wire.Connection) []netip.Addr {
	return func(c wire.Connection) []netip.Addr {
		if c.ServerNode == c.Entry {
			return []netip.Addr{l.Node(c.Entry).Address(), l.Node(c.Entry).Management}
		}
		return []netip.Addr{l.Node(c.Entry).Address()}
	}
}
