package fullmesh

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// Ports of BGP: the usual one, and one that no other program of a lab has.
const (
	usualPort = 179
	otherPort = 1790
)

// ports is requirement F13 for the mesh. A node that listens at the other port alone has
// sessions only if its neighbors know of it, as nobody reaches them at the usual one. The leaf
// tries the ports, since BIRD takes a connection from a neighbor for one of BGP.
func ports(lab *suite.Lab) {
	Context("port of BGP", Needs(SendFromSwitches), Label("sessions", "changes"), func() {
		Requirement("MESH-038", "with listenPort every node MUST listen at that port and not at 179, and every session of the mesh MUST be established", func(ctx SpecContext) {
			leaf := lab.From(lab.Topology().Leaves()[0].Name)
			nodes := lab.Topology().Nodes()
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.ListenPort = otherPort })
			Eventually(func(g Gomega) {
				for _, node := range nodes {
					for port, want := range map[uint16]probe.Outcome{usualPort: probe.Refused, otherPort: probe.Answered} {
						got, err := probe.Connect(ctx, leaf, netip.AddrPortFrom(node.Address(), port), probe.Silence)
						g.Expect(err).NotTo(HaveOccurred())
						g.Expect(got.Outcome).To(Equal(want), "%s at port %d", node.Name, port)
					}
				}
			}).WithContext(ctx).Should(Succeed())
			// Sessions of the old port are over: BIRD listens at the new port only then.
			Eventually(func(g Gomega) {
				for _, node := range nodes {
					for _, other := range nodes {
						if node.Name != other.Name {
							g.Expect(observed.SessionState(ctx, lab, node.Name, other.Name)).To(Equal(session.Established), "%s with %s", node.Name, other.Name)
						}
					}
				}
			}).WithContext(ctx).Should(Succeed())
		})
	})
}
