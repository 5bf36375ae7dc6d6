package tor

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// begin reads the state at the beginning of a spec, when every node has a block.
func begin(ctx SpecContext, lab *suite.Lab) oracle.State {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, node := range state.Nodes {
		Expect(node.Blocks).NotTo(BeEmpty(), "blocks of %s", node.Name)
	}
	Expect(len(state.Nodes)).To(BeNumerically(">=", 3), "nodes")
	Expect(lab.Topology().Leaves()).To(HaveLen(2), "top-of-rack switches")
	return state
}

// nodes and tors name the servers and their switches.
func nodes(lab *suite.Lab) []string { return topology.Names(lab.Topology().Nodes()) }

func tors(lab *suite.Lab) []string { return topology.Names(lab.Topology().Leaves()) }

// outside is the network of the client.
func outside(lab *suite.Lab) netip.Prefix {
	GinkgoHelper()
	clients := lab.Topology().ByRole(topology.Client)
	Expect(clients).NotTo(BeEmpty(), "clients outside")
	return clients[0].Interfaces[0].Addresses[0].Masked()
}

// settled waits until sessions and routes are as they have to be.
func settled(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
}

// changeToRPeers changes the global BGPPeers with the switches.
func changeToRPeers(ctx SpecContext, lab *suite.Lab, change func(*v3.BGPPeerSpec)) {
	GinkgoHelper()
	state := begin(ctx, lab)
	changed := 0
	for _, peer := range state.Resources.BGPPeers {
		if peer.Spec.PeerIP != "" {
			lab.ChangeBGPPeer(ctx, peer.Name, change)
			changed++
		}
	}
	Expect(changed).To(Equal(len(tors(lab))), "BGPPeers with top-of-rack switches")
}

// changeToRNeighbors changes what the switches do with the servers.
func changeToRNeighbors(ctx SpecContext, lab *suite.Lab, change func(*fabric.Neighbor)) {
	GinkgoHelper()
	lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
		for _, tor := range tors(lab) {
			for i := range plan[tor].Neighbors {
				if slices.Contains(nodes(lab), plan[tor].Neighbors[i].Host) {
					change(&plan[tor].Neighbors[i])
				}
			}
		}
	})
}

// ownAS is an AS number for switches that are in another AS than the servers, one of
// those kept for documentation (RFC 5398).
const ownAS = 64496

// makeExternal puts the switches into an AS of their own.
func makeExternal(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
		for _, router := range plan {
			if slices.Contains(tors(lab), router.Host) {
				router.AS = ownAS
			}
			for i := range router.Neighbors {
				if slices.Contains(tors(lab), router.Neighbors[i].Host) {
					router.Neighbors[i].AS = ownAS
				}
			}
		}
	})
	changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.ASNumber = numorstring.ASNumber(ownAS) })
}
