package leafreflector

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// rackLabel is what the mode's BGPPeers select nodes by.
const rackLabel = "rack"

// relabelling is requirement F1: a session follows the labels of its node.
func relabelling(lab *suite.Lab) {
	Context("relabelling", Label("changes"), func() {
		Requirement("LEAF-040", "a node whose rack label changes MUST give its session with the old leaf up for one with the new leaf, without a restart", Needs(ListComponents), func(ctx SpecContext) {
			node, oldLeaf, newLeaf := nodeAndLeaves(lab)
			before := processes(ctx, lab, node.Name)
			workload.LabelNode(ctx, lab, node.Name, rackLabel, newLeaf.Rack)

			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			var peers []string
			for _, s := range got[node.Name] {
				name, _ := lab.Topology().HostOf(s.Peer)
				peers = append(peers, name)
			}
			Expect(peers).To(ConsistOf(newLeaf.Name), "peers of %s, which had %s", node.Name, oldLeaf.Name)
			Expect(processes(ctx, lab, node.Name)).To(Equal(before), "processes of %s", node.Name)
		})

		Requirement("LEAF-041", "the node's blocks MUST go from the whole fabric with its session, and come back with it", func(ctx SpecContext) {
			node, oldLeaf, newLeaf := nodeAndLeaves(lab)
			ofNode := func(_, owner *topology.Host) bool { return owner.Name == node.Name }
			everyone := slices.Concat(lab.Topology().Nodes(), lab.Topology().Leaves(), lab.Topology().Spines())
			workload.LabelNode(ctx, lab, node.Name, rackLabel, newLeaf.Rack)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, everyone, ofNode, func(_, _ topology.Host) []string { return nil })

			workload.LabelNode(ctx, lab, node.Name, rackLabel, node.Rack)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, everyone, ofNode, func(host, owner topology.Host) []string {
				switch {
				case host.Role == topology.Spine:
					return []string{oldLeaf.Name}
				case host.Rack == owner.Rack:
					return []string{owner.Name}
				case host.Role == topology.Leaf:
					return topology.Names(lab.Topology().Spines())
				}
				return []string{leafOfRack(lab, host.Rack).Name}
			})
		})
	})
}

// nodeAndLeaves picks a node, the leaf of its rack, and another leaf.
func nodeAndLeaves(lab *suite.Lab) (node, own, other topology.Host) {
	GinkgoHelper()
	nodes := lab.Topology().Nodes()
	node = nodes[len(nodes)-1]
	for _, leaf := range lab.Topology().Leaves() {
		if leaf.Rack == node.Rack {
			own = leaf
		} else {
			other = leaf
		}
	}
	Expect(own.Name).NotTo(BeEmpty(), "the leaf of %s", node.Name)
	Expect(other.Name).NotTo(BeEmpty(), "a leaf of another rack")
	return node, own, other
}

// processes are a node's components that run, by name.
func processes(ctx SpecContext, l *suite.Lab, node string) map[string]int {
	GinkgoHelper()
	running := map[string]int{}
	for _, c := range l.Components(ctx) {
		if c.Host == node && c.State == supervisor.Running {
			running[c.Name] = c.PID
		}
	}
	Expect(running).NotTo(BeEmpty(), "components of %s", node)
	return running
}
