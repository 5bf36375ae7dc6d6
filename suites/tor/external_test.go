package tor

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/fabric"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// external is requirement F6: switches in an AS of their own, with the mesh on. A node
// announces every route to an external neighbour, with itself as next hop.
func external(lab *suite.Lab) {
	Context("switches in an AS of their own", Label("routes", "changes"), func() {
		Requirement("TOR-060", "with the mesh left on an external switch MUST be seen to get every node's blocks and local services from all nodes", Needs(ConfigureRouters), Label("negative"), func(ctx SpecContext) {
			state := begin(ctx, lab)
			service, _ := localService(ctx, lab)
			makeExternal(ctx, lab)
			settled(ctx, lab)
			for _, tor := range tors(lab) {
				for _, prefix := range append(state.Blocks(nodes(lab)...), service) {
					// Kubernetes may be late with the EndpointSlice that the oracle has.
					Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, tor, prefix).Should(ConsistOf(nodes(lab)), "%s: %s", tor, prefix)
				}
			}
			settled(ctx, lab)
		})

		Requirement("TOR-061", "with the mesh off an external switch MUST route every block and local service to their own node alone", Needs(ConfigureRouters), func(ctx SpecContext) {
			service, owner := localService(ctx, lab)
			makeExternal(ctx, lab)
			lab.SetMesh(ctx, false)
			settled(ctx, lab)
			expectOwners(ctx, lab, service, owner)
		})

		Requirement("TOR-062", "a BGPFilter that rejects what comes from remote peers MUST do the same with the mesh on", Needs(Clients, ConfigureRouters, EnterPods), func(ctx SpecContext) {
			service, owner := localService(ctx, lab)
			lab.ApplyBGPFilter(ctx, "own-routes-alone", v3.BGPFilterSpec{
				ExportV4: []v3.BGPFilterRuleV4{{Action: v3.Reject, Source: v3.BGPFilterSourceRemotePeers}},
			})
			makeExternal(ctx, lab)
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Filters = []string{"own-routes-alone"} })
			settled(ctx, lab)
			expectOwners(ctx, lab, service, owner)
			expect.PodsReach(ctx, lab, topology.AllPairs)
			expect.ClientsReachPods(ctx, lab)
		})

		Requirement("TOR-063", "with localASNumber a switch MUST have its sessions with that AS, and see it alone in front of what the nodes tell it", Needs(ConfigureRouters), func(ctx SpecContext) {
			makeExternal(ctx, lab)
			local := numorstring.ASNumber(localAS)
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.LocalASNumber = &local })
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.AS = localAS })
			settled(ctx, lab)
			expectEstablished(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			state := begin(ctx, lab)
			for _, tor := range tors(lab) {
				paths, err := observed.Paths(ctx, lab, tor)
				Expect(err).NotTo(HaveOccurred())
				for _, node := range state.Nodes {
					host := lab.Node(node.Name)
					own := paths.To(node.Blocks...).From(host.Address())
					Expect(own).NotTo(BeEmpty(), "what %s has from %s of its own blocks", tor, node.Name)
					for _, p := range own {
						Expect(p.ASPath).To(Equal([]uint32{localAS}), "%s: %s", tor, p)
					}
				}
			}
		})
	})
}

// localAS is another AS number kept for documentation (RFC 5398), for nodes.
const localAS = 64497

// localService announces cluster IPs and makes a local service with one endpoint. It
// returns the service's address and its node.
func localService(ctx SpecContext, lab *suite.Lab) (netip.Prefix, string) {
	GinkgoHelper()
	lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
		spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: lab.Topology().Services.First().String()}}
	})
	owner := nodes(lab)[1]
	deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(owner))
	service := workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, Local: true})
	deployment.Ready(ctx)
	return route.Single(service.ClusterIP), owner
}

// expectOwners expects that every switch routes blocks and a service to the nodes
// that they are on.
func expectOwners(ctx SpecContext, lab *suite.Lab, service netip.Prefix, owner string) {
	GinkgoHelper()
	state := begin(ctx, lab)
	for _, tor := range tors(lab) {
		// Kubernetes may be late with the EndpointSlice that the oracle has.
		Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, tor, service).Should(ConsistOf(owner), "%s: %s", tor, service)
		for _, node := range nodes(lab) {
			for _, block := range state.Blocks(node) {
				Expect(observed.NextHops(ctx, lab, tor, block)).To(ConsistOf(node), "%s: %s", tor, block)
			}
		}
	}
}
