package calicoctl

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// nodeStatus is Calico's own observer: calico-node's status reporter fills in a resource
// CalicoNodeStatus with what BIRD has.
func nodeStatus(lab *suite.Lab) {
	Context("CalicoNodeStatus", Needs(Calicoctl), Label("health"), func() {
		Requirement("CTL-006", "a CalicoNodeStatus MUST come to show the node's sessions, each with its type and state, and a route of BIRD's to each block of the others, from its owner", func(ctx SpecContext) {
			node := lab.Topology().Nodes()[3]
			reportStatus(ctx, lab, node.Name)
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			sessions, err := state.Sessions()
			Expect(err).NotTo(HaveOccurred())
			var peers []v3.CalicoNodePeer
			for _, s := range sessions[node.Name] {
				Expect(s.State).To(Equal(session.Established), "the oracle's own: %s", s)
				peers = append(peers, v3.CalicoNodePeer{PeerIP: s.Peer.String(), Type: typesOfPeers()[s.Kind], State: v3.BGPSessionStateEstablished})
			}
			Expect(peers).NotTo(BeEmpty(), "sessions of %s", node.Name)
			owners := map[string]netip.Addr{}
			for _, other := range lab.Topology().Nodes() {
				for _, block := range state.Blocks(other.Name) {
					if other.Name != node.Name {
						owners[block.String()] = other.Address()
					}
				}
			}
			Expect(owners).NotTo(BeEmpty(), "blocks of other nodes")

			Eventually(func(g Gomega) {
				status, err := lab.Calico.NodeStatus(ctx, node.Name)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(status.Agent.BIRDV4.State).To(Equal(v3.BGPDaemonStateReady))
				seen := status.BGP.PeersV4
				for i := range seen {
					seen[i].Since = "" // a time of day
				}
				g.Expect(seen).To(ConsistOf(peers))
				g.Expect(status.BGP.NumberEstablishedV4).To(Equal(len(peers)))
				g.Expect(status.BGP.NumberNotEstablishedV4).To(BeZero())
				from := map[string]netip.Addr{}
				for _, r := range status.Routes.RoutesV4 {
					if _, isBlock := owners[r.Destination]; isBlock && r.Type == v3.RouteTypeFIB {
						g.Expect(r.LearnedFrom.SourceType).To(Equal(v3.RouteSourceTypeNodeMesh), "%+v", r)
						from[r.Destination], err = netip.ParseAddr(r.LearnedFrom.PeerIP)
						g.Expect(err).NotTo(HaveOccurred(), "%+v", r)
					}
				}
				g.Expect(from).To(Equal(owners), "whom the routes are from")
			}).WithContext(ctx).Should(Succeed())
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
		})
	})
}

// typesOfPeers are the words of CalicoNodeStatus for the types of sessions.
func typesOfPeers() map[session.Kind]v3.BGPPeerType {
	return map[session.Kind]v3.BGPPeerType{
		session.NodeToNodeMesh: v3.BGPPeerTypeNodeMesh, session.NodeSpecific: v3.BGPPeerTypeNodePeer, session.Global: v3.BGPPeerTypeGlobalPeer,
	}
}

// reportStatus asks for a node's status, and runs the services of Calico's container that
// report it until the spec ends: the reporter, and BIRD for IPv6, without which the reporter
// empties what it knows of IPv4 too (node/pkg/status/populators). Nodes of labs do without
// both.
func reportStatus(ctx SpecContext, lab *suite.Lab, node string) {
	GinkgoHelper()
	Expect(lab.Calico.RequestNodeStatus(ctx, node)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(lab.Calico.DeleteNodeStatus(ctx, node)).To(Succeed()) })
	// Both end before the resource goes, of which the reporter would complain.
	calicoctl.RunService(lab, node, "bird6", "-R", "-s", "/var/run/calico/bird6.ctl", "-d", "-c", "/etc/calico/confd/config/bird6.cfg")
	calicoctl.RunService(lab, node, "env", "NODENAME="+node, "calico-node", "-status-reporter")
}
