package calicoctl

import (
	"fmt"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// articleThree is article 3's look at the cluster, and its files. The tables that calicoctl
// prints by default are for people alone; here they are what the article shows.
func articleThree(lab *suite.Lab) {
	Context("article 3", Needs(Calicoctl), Label("sessions"), func() {
		Requirement("CTL-010", "article 3's bgpconf.yaml, applied unchanged, MUST take every session of the mesh away, and calicoctl get bgpconfig show it as the article does", Label("changes"), func(ctx SpecContext) {
			node := nodesOf(lab)[0]
			lab.RestoreDesign(ctx)
			calicoctl.Apply(ctx, lab, node, read(3, "bgpconf.yaml")...)
			Expect(calicoctl.Table(calicoctl.Run(ctx, lab, node, "get", "bgpconfig"), "")).To(Equal([][]string{
				{"NAME", "LOGSEVERITY", "MESHENABLED", "ASNUMBER"},
				{"default", "Info", "false", "64512"},
			}))
			for _, name := range nodesOf(lab) {
				Eventually(observed.Peers).WithContext(ctx).WithArguments(lab, name).Should(BeEmpty(), "peers of %s", name)
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		})

		Requirement("CTL-011", "calicoctl get nodes --output=wide MUST show each node's address, and its AS number as its BIRD has it, in brackets where it is the cluster's default", func(ctx SpecContext) {
			expectNodesWide(ctx, lab, nodesOf(lab)[0])
		})

		Requirement("CTL-012", "article 3's node1.yaml, applied unchanged, MUST give the node an AS number of its own and its address as cluster ID, by which it leaves the mesh as reflectors do", Label("changes"), func(ctx SpecContext) {
			node := nodesOf(lab)[0]
			lab.RestoreDesign(ctx)
			calicoctl.Apply(ctx, lab, node, read(3, "node1.yaml")...)
			Eventually(observed.Peers).WithContext(ctx).WithArguments(lab, node).Should(BeEmpty(), "peers of %s", node)
			for _, other := range nodesOf(lab)[1:] {
				Eventually(observed.Peers).WithContext(ctx).WithArguments(lab, other).Should(HaveLen(len(nodesOf(lab))-2), "peers of %s", other)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expectNodesWide(ctx, lab, node)
			mode, err := calico.LoadMode("printed", map[string][]byte{
				"mode.yaml":        []byte("name: printed\ndescription: what calicoctl prints\nleafToNode: none\n"),
				"calico/node.yaml": []byte(calicoctl.Run(ctx, lab, node, "get", "node", node, "-o", "yaml")),
			})
			Expect(err).NotTo(HaveOccurred())
			Expect(mode.Resources.Nodes[0].Spec.BGP.RouteReflectorClusterID).To(Equal(lab.Node(node).Address().String()))
		})
	})
}

// expectNodesWide expects that the table of nodes has those of the topology, with the AS
// numbers that their BIRDs use.
func expectNodesWide(ctx SpecContext, lab *suite.Lab, on string) {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	want := [][]string{{"NAME", "ASN", "IPV4", "IPV6"}}
	for _, node := range lab.Topology().Nodes() {
		as := fmt.Sprintf("(%d)", state.Resources.DefaultAS())
		if own := observed.Node(ctx, lab, node.Name).AS; own != 0 {
			as = strconv.FormatUint(uint64(own), 10)
		}
		want = append(want, []string{node.Name, as, node.Interfaces[0].Addresses[0].String()})
		// Whatever its state, a session has the AS number that BIRD uses.
		sessions, err := observe.SessionsOf(ctx, lab.Lab, node.Name)
		Expect(err).NotTo(HaveOccurred())
		for _, s := range sessions {
			Expect(as).To(BeElementOf(fmt.Sprint(s.LocalAS), fmt.Sprintf("(%d)", s.LocalAS)), "%s: %s", node.Name, s)
		}
	}
	Expect(calicoctl.Table(calicoctl.Run(ctx, lab, on, "get", "nodes", "--output=wide"), "")).To(ConsistOf(want))
}
