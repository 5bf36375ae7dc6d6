package ipip

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// environment is article 4's way to switch IPIP off: variables of calico-node, and a restart.
// One is for the program that begins a calico-node, its startup, the other for Felix.
func environment(lab *suite.Lab) {
	Context("by environment", Needs(Calicoctl), Label("switch", "changes"), func() {
		Requirement("MSW-030", "CALICO_IPV4POOL_IPIP=Off MUST leave the mode of a pool that is there when calico-node starts again, and give the pool that it makes where there is none no IPIP, so that every node routes by its own interface", func(ctx SpecContext) {
			leaveToBIRD(ctx, lab)
			before := pools(ctx, lab)
			Expect(before).To(HaveLen(1))
			Expect(before[0].Spec.IPIPMode).To(Equal(v3.IPIPModeAlways), "the mode that the article begins with")

			By("starting again with the pool there: it stays as it is")
			startAgain(ctx, lab, "Off")
			Expect(pools(ctx, lab)[0].Spec).To(Equal(before[0].Spec))

			By("starting again without a pool: the new one has no IPIP")
			Expect(lab.Calico.DeleteIPPool(ctx, before[0].Name)).To(Succeed())
			startAgain(ctx, lab, "Off")
			made := pools(ctx, lab)
			Expect(made).To(HaveLen(1))
			Expect(made[0].Spec.IPIPMode).To(Equal(v3.IPIPModeNever))
			Expect(made[0].Spec.CIDR).To(Equal(before[0].Spec.CIDR))
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				Expect(observed.DevicesTo(ctx, lab, p)).To(HaveEach(lab.Node(p.From.Name).Interfaces[0].Name), "from %s to %s", p.From.Name, p.To.Name)
			}
		})

		Requirement("MSW-031", "with FELIX_IPINIPENABLED=false a Felix that has started again MUST leave the address of tunl0 when the pool loses IPIP, which others take away, and its node route by its own interface as others do", Needs(ListComponents, RestartCalicoNodes, RestartComponents), func(ctx SpecContext) {
			nodes := lab.Topology().Nodes()
			switched := nodes[len(nodes)-1]
			before := addresses(lab, switched)
			Expect(before).NotTo(BeEmpty(), "addresses of tunl0 on %s", switched.Name)
			variables := append(calicoctl.Environment(ctx, lab, switched.Name, felix), "FELIX_IPINIPENABLED=false")
			// Before its configuration changes, for which it would start again by itself. A Felix
			// that is stopped in good order complains of the signal.
			lab.KillComponent(ctx, switched.Name, felix)
			leaveToBIRD(ctx, lab)
			calicoctl.RunService(lab, switched.Name, slices.Concat([]string{"env", "-i"}, variables, []string{"calico-node", "-felix"})...)
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.IPIPMode = v3.IPIPModeNever })
			for _, node := range nodes[:len(nodes)-1] {
				Eventually(addresses).WithContext(ctx).WithArguments(lab, node).Should(BeEmpty(), "addresses of tunl0 on %s", node.Name)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				Expect(observed.DevicesTo(ctx, lab, p)).To(HaveEach(lab.Node(p.From.Name).Interfaces[0].Name), "from %s to %s", p.From.Name, p.To.Name)
			}
			// A Felix that is not there leaves the address too.
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(switched.Name, "-felix-ready").Should(Succeed(), switched.Name)
			Expect(addresses(lab, switched)).To(Equal(before), "addresses of tunl0 on %s", switched.Name)
		})
	})
}

// leaveToBIRD leaves the routes between nodes to BIRD until the spec ends, as Calico does by
// default and has to where a pool has no encapsulation.
func leaveToBIRD(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	lab.RestoreDesign(ctx)
	Expect(lab.Calico.UpdateFelixConfiguration(ctx, func(spec *v3.FelixConfigurationSpec) { spec.ProgramClusterRoutes = nil })).To(Succeed())
}

// addresses are those of a node's tunl0.
func addresses(lab *suite.Lab, node topology.Host) []netip.Prefix {
	GinkgoHelper()
	return wire.DeviceOf(lab, node.Name, calico.IPIP.Device()).Addresses
}

// felix is Felix's name among a node's components.
const felix = "calico-felix"

// pools are the cluster's pools now.
func pools(ctx SpecContext, lab *suite.Lab) []v3.IPPool {
	GinkgoHelper()
	resources, err := lab.Calico.Read(ctx)
	Expect(err).NotTo(HaveOccurred())
	return resources.IPPools
}

// startAgain runs calico-node's startup on a node, as a restart of its container does, with
// the article's variable. Nodes of labs make no pools by themselves.
func startAgain(ctx SpecContext, lab *suite.Lab, ipip string) {
	GinkgoHelper()
	node := lab.Topology().Nodes()[0]
	answer := calicoctl.Command(ctx, lab, node.Name, "", "env",
		"NODENAME="+node.Name, "IP="+node.Interfaces[0].Addresses[0].String(), "IP6=none",
		"CALICO_NETWORKING_BACKEND=bird", "CLUSTER_TYPE=k8s,bgp", "CALICO_MANAGE_CNI=false",
		"CALICO_IPV4POOL_CIDR="+lab.Topology().Pods.First().String(), "CALICO_IPV6POOL_CIDR=none", "CALICO_IPV4POOL_NAT_OUTGOING=false", "CALICO_IPV4POOL_IPIP="+ipip,
		"calico-node", "-startup")
	Expect(answer.Status).To(BeZero(), "calico-node -startup: %s%s", answer.Output, answer.Complaint)
}
