package nodereflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// services are requirements E7 and E8: a reflector passes the addresses of services
// on for which it has no endpoint itself. The mode announces none, so each spec
// says which.
func services(lab *suite.Lab) {
	Context("service addresses", Label("services", "changes"), func() {
		Requirement("NRR-060", "a reflector MUST pass on the cluster IP of a local service whose only endpoint is on a client", func(ctx SpecContext) {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: lab.Topology().Services.First().String()}}
			})
			service, client := onOneClient(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort})
			expectReflected(ctx, lab, route.Single(service.ClusterIP), client)
		})

		Requirement("NRR-061", "a reflector MUST pass on the LoadBalancer IP of a local service whose only endpoint is on a client, also one that is a range of its own", func(ctx SpecContext) {
			address := workload.LoadBalancerIP(lab, 1)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: route.Single(address).String()}}
			})
			_, client := onOneClient(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			expectReflected(ctx, lab, route.Single(address), client)
		})

		Requirement("NRR-062", "a reflector MUST pass on the external IP of a local service whose only endpoint is on a client, inside a range", func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 1)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: lab.Topology().ExternalIPs.First().String()}}
			})
			_, client := onOneClient(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			expectReflected(ctx, lab, route.Single(address), client)
		})

		Requirement("NRR-063", "a reflector MUST pass on the external IP of a local service whose only endpoint is on a client, if it is a range of its own", Known("projectcalico/calico#13341"), func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 2)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: route.Single(address).String()}}
			})
			_, client := onOneClient(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			_, roles := begin(ctx, lab)
			host, _ := lab.Topology().Host(client)
			for _, reflector := range roles.reflectors {
				Eventually(func(g Gomega) {
					paths, err := observed.Paths(ctx, lab, reflector.Name)
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(paths.From(host.Address()).To(route.Single(address))).NotTo(BeEmpty(), "what %s has from %s for %s", reflector.Name, client, address)
				}).WithContext(ctx).Should(Succeed())
			}
			// FabricRoutes does not do: the leaf peers with reflectors alone.
			leafHas := func(g Gomega, nextHops ...string) {
				g.Eventually(func(inner Gomega) {
					hops, err := observed.NextHops(ctx, lab, lab.Topology().Leaves()[0].Name, route.Single(address))
					Expect(err).NotTo(HaveOccurred())
					inner.Expect(hops).To(ConsistOf(nextHops), "next hops of the leaf for %s", address)
				}).WithContext(ctx).Should(Succeed())
			}
			KnownIssue(ctx, lab, "projectcalico/calico#13341",
				func(g Gomega) { leafHas(g, client) },
				func(g Gomega) { leafHas(g) })
		})

		Requirement("NRR-064", "a reflector that is excluded from load balancers MUST still pass on the LoadBalancer IPs of others", func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			address := workload.LoadBalancerIP(lab, 2)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: lab.Topology().LoadBalancerIPs.First().String()}}
			})
			for _, reflector := range roles.reflectors {
				workload.ExcludeFromLoadBalancers(ctx, lab, reflector.Name)
			}
			_, client := onOneClient(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			expectReflected(ctx, lab, route.Single(address), client)
		})
	})
}

// onOneClient makes a local service with one endpoint, on a node that is no
// reflector, and names the node.
func onOneClient(ctx SpecContext, lab *suite.Lab, options workload.ServiceOptions) (*workload.Service, string) {
	GinkgoHelper()
	_, roles := begin(ctx, lab)
	client := roles.clients[0].Name
	options.Deployment, options.Local = workload.NewDeployment(ctx, lab, 1, workload.OnNodes(client)), true
	service := workload.NewService(ctx, lab, options)
	options.Deployment.Ready(ctx)
	return service, client
}

// expectReflected expects that every leaf routes a prefix to the node that
// announces it, which it knows from reflectors alone.
func expectReflected(ctx SpecContext, lab *suite.Lab, prefix netip.Prefix, client string) {
	GinkgoHelper()
	_, roles := begin(ctx, lab)
	for _, leaf := range lab.Topology().Leaves() {
		// Kubernetes may be late with the EndpointSlice that the oracle has.
		Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, leaf.Name, prefix).Should(ConsistOf(client), "%s: %s", leaf.Name, prefix)
	}
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
	Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
	for _, leaf := range lab.Topology().Leaves() {
		paths, err := observed.Paths(ctx, lab, leaf.Name)
		Expect(err).NotTo(HaveOccurred())
		to := paths.To(prefix)
		Expect(to).NotTo(BeEmpty(), "%s: paths to %s", leaf.Name, prefix)
		Expect(to.From(topology.Addresses(roles.reflectors)...)).To(Equal(to), "%s: paths to %s", leaf.Name, prefix)
	}
}
