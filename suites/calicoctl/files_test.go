package calicoctl

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// files are what calicoctl gets, as files that it and the loader of modes take again.
func files(lab *suite.Lab) {
	Context("files", Needs(Calicoctl), func() {
		Requirement("CTL-004", "what calicoctl get -o yaml prints of nodes, BGPConfiguration and peers MUST be taken by calicoctl apply again and by the loader of modes, and be what BIRD does", Needs(ConfigureRouters), Label("changes"), func(ctx SpecContext) {
			node := nodesOf(lab)[0]
			// The mesh has no peers to print.
			applyArticleOne(ctx, lab)
			printed := map[string][]byte{"mode.yaml": []byte("name: printed\ndescription: what calicoctl prints\nleafToNode: reflector\n")}
			for _, kind := range []string{"nodes", "bgpconfig", "bgppeers", "ippools"} {
				printed["calico/"+kind+".yaml"] = []byte(calicoctl.Run(ctx, lab, node, "get", kind, "-o", "yaml"))
			}
			mode, err := calico.LoadMode("printed", printed)
			Expect(err).NotTo(HaveOccurred())
			Expect(mode.Check(lab.Topology())).To(Succeed())
			Expect(mode.Resources.Nodes).To(HaveLen(len(nodesOf(lab))))
			Expect(mode.Resources.BGPPeers).NotTo(BeEmpty())
			again := [][]string{{"bgpconfig", "default"}}
			for _, n := range mode.Resources.Nodes {
				again = append(again, []string{"node", n.Name})
			}
			for _, p := range mode.Resources.BGPPeers {
				again = append(again, []string{"bgppeer", p.Name})
			}
			for _, resource := range again {
				calicoctl.Apply(ctx, lab, node, []byte(calicoctl.Run(ctx, lab, node, append([]string{"get", "-o", "yaml"}, resource...)...)))
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			sessions, err := state.Sessions()
			Expect(err).NotTo(HaveOccurred())
			for _, n := range mode.Resources.Nodes {
				address, err := netip.ParsePrefix(n.Spec.BGP.IPv4Address)
				Expect(err).NotTo(HaveOccurred())
				Expect(address.Addr()).To(Equal(lab.Node(n.Name).Address()), n.Name)
				Expect(sessions[n.Name]).NotTo(BeEmpty(), n.Name)
				for _, s := range sessions[n.Name] {
					Expect(mode.Resources.NodeAS(n.Name)).To(Equal(s.LocalAS), "%s: %s", n.Name, s)
				}
			}
		})
	})
}
