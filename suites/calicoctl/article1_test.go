package calicoctl

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// articleOneFiles are what article 1 gives to `calicoctl apply`, in its order.
func articleOneFiles() []string {
	return []string{
		"disable-bgp-full-mesh.yaml", "node-control-plane.yaml", "node-worker.yaml", "node-worker2.yaml", "node-worker3.yaml",
		"peer-rack0-to-leaf0.yaml", "peer-rack1-to-leaf1.yaml",
	}
}

// articleOne is article 1's way from the mesh to leaves that reflect.
func articleOne(lab *suite.Lab) {
	Context("article 1", Needs(Calicoctl), Label("sessions"), func() {
		Requirement("CTL-001", "calicoctl node status MUST show a session of type node-to-node mesh with every other node, before anything is applied", func(ctx SpecContext) {
			for _, node := range nodesOf(lab) {
				rows, err := calicoctl.Status(ctx, lab, node)
				Expect(err).NotTo(HaveOccurred())
				var want []calicoctl.Peer
				for _, other := range lab.Topology().Nodes() {
					if other.Name != node {
						want = append(want, calicoctl.Peer{Address: other.Address(), Type: session.NodeToNodeMesh, Established: true})
					}
				}
				Expect(rows).To(ConsistOf(want), "calicoctl node status on %s", node)
			}
			calicoctl.ExpectStatus(ctx, lab, nodesOf(lab)...)
		})

		Requirement("CTL-002", "article 1's files, applied unchanged, MUST take the mesh away and give each node one session, with its rack's leaf, and the routes of leaves that reflect", Needs(ConfigureRouters, EnterPods), Label("changes"), func(ctx SpecContext) {
			applyArticleOne(ctx, lab)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, node := range lab.Topology().Nodes() {
				expect.Peers(ctx, lab, node.Name, leafOf(lab, node).Name)
			}
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.WithinRacks, expect.TheOwner)
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks, func(_, _ topology.Host) []string { return topology.Names(lab.Topology().Spines()) })
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})

		Requirement("CTL-003", "after article 1's files calicoctl node status MUST show the rack's leaf alone, of type node specific", Needs(ConfigureRouters), Label("changes"), func(ctx SpecContext) {
			applyArticleOne(ctx, lab)
			for _, node := range lab.Topology().Nodes() {
				want := calicoctl.Peer{Address: gatewayOf(lab, node), Type: session.NodeSpecific, Established: true}
				Eventually(calicoctl.Status).WithContext(ctx).WithArguments(lab, node.Name).Should(ConsistOf(want), "calicoctl node status on %s", node.Name)
			}
			calicoctl.ExpectStatus(ctx, lab, nodesOf(lab)...)
		})
	})
}

// applyArticleOne configures the leaves as route reflectors of their nodes, and applies
// article 1's files. The leaves' neighbours are those of a mode that is made of the files.
func applyArticleOne(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	names := articleOneFiles()
	data := read(1, names...)
	files := map[string][]byte{"mode.yaml": []byte("name: article-1\ndescription: its files\nleafToNode: reflector\n")}
	for i, name := range names {
		files["calico/"+name] = data[i]
	}
	mode, err := calico.LoadMode("article-1", files)
	Expect(err).NotTo(HaveOccurred())
	wanted, err := fabric.Plan(lab.Topology(), mode)
	Expect(err).NotTo(HaveOccurred())
	lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
		for _, router := range wanted {
			*plan[router.Host] = router
		}
	})
	lab.RestoreDesign(ctx)
	calicoctl.Apply(ctx, lab, nodesOf(lab)[0], data...)
}

// leafOf is the leaf of a node's rack.
func leafOf(lab *suite.Lab, node topology.Host) topology.Host {
	GinkgoHelper()
	for _, leaf := range lab.Topology().Leaves() {
		if leaf.Rack == node.Rack {
			return leaf
		}
	}
	Fail("no leaf in the rack of " + node.Name)
	return topology.Host{}
}

// gatewayOf is the address of a node's leaf on the link that the two share.
func gatewayOf(lab *suite.Lab, node topology.Host) netip.Addr {
	GinkgoHelper()
	for _, end := range leafOf(lab, node).Interfaces {
		if end.Link == node.Interfaces[0].Link {
			return end.Addresses[0].Addr()
		}
	}
	Fail("the leaf is not on the link of " + node.Name)
	return netip.Addr{}
}
