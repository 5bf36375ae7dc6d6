package nodereflector

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// leaveMesh is what "at once" means for a node that becomes a reflector: confd hears of the
// change, writes the files of every node and has BIRD read them. Nothing of that waits for
// a timer of BGP.
const leaveMesh = 2 * time.Second

// sessions are requirements E1 and E2.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("NRR-001", "sessions MUST be those of every node with every reflector and of the reflectors with the leaf, and no other", func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			_, roles := begin(ctx, lab)
			reflectors, leaves := topology.Names(roles.reflectors), topology.Names(lab.Topology().Leaves())
			for _, client := range roles.clients {
				expect.Peers(ctx, lab, client.Name, reflectors...)
			}
			for _, reflector := range roles.reflectors {
				others := slices.DeleteFunc(topology.Names(lab.Topology().Nodes()), func(name string) bool { return name == reflector.Name })
				expect.Peers(ctx, lab, reflector.Name, append(others, leaves...)...)
			}
			for _, leaf := range leaves {
				expect.Peers(ctx, lab, leaf, reflectors...)
			}
		})

		Requirement("NRR-002", "a client MUST peer with the reflectors alone, by sessions of type node specific", func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, client := range roles.clients {
				Expect(observed.Peers(ctx, lab, client.Name)).To(ConsistOf(topology.Names(roles.reflectors)), client.Name)
				for _, s := range got[client.Name] {
					Expect(s.State).To(Equal(session.Established), "%s: %s", client.Name, s)
					Expect(s.Kind).To(Equal(session.NodeSpecific), "%s: %s", client.Name, s)
				}
			}
		})

		Requirement("NRR-006", "of two nodes that a BGPPeer with selectors joins exactly one MUST open the connection", Known("projectcalico/calico#5625"), func(ctx SpecContext) {
			openers, err := observed.Openers(lab)
			Expect(err).NotTo(HaveOccurred())
			_, roles := begin(ctx, lab)
			r, c := len(roles.reflectors), len(roles.clients)
			Expect(openers).To(HaveLen(r*(r-1)/2+r*c), "pairs of nodes that peer")
			KnownIssue(ctx, lab, "projectcalico/calico#5625", func(g Gomega) {
				for pair, who := range openers {
					g.Expect(who).To(HaveLen(1), "who of %v opens the connection", pair)
				}
			}, func(g Gomega) {
				for pair, who := range openers {
					g.Expect(who).To(ConsistOf(pair[0], pair[1]), "who of %v opens the connection", pair)
				}
			})
		})

		Requirement("NRR-005", "a node that is made a reflector MUST leave the mesh at once, within 2 s, though the mesh is on", Timing(probe.Late), Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			id := clusterID(state, roles)
			toMesh(ctx, lab, roles)
			began := time.Now()
			for _, reflector := range roles.reflectors {
				lab.AnnotateNode(ctx, reflector.Name, calico.ReflectorClusterIDAnnotation, &id)
			}
			// No neighbour of theirs has a session of the mesh with them any more.
			for _, node := range lab.Topology().Nodes() {
				for _, reflector := range roles.reflectors {
					Eventually(observed.Peers).WithContext(ctx).WithTimeout(max(leaveMesh-time.Since(began), 0)).WithArguments(lab, node.Name).ShouldNot(ContainElement(reflector.Name), "sessions of %s", node.Name)
				}
			}
			AddReportEntry("left the mesh after", time.Since(began).Round(time.Millisecond).String())
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range lab.Topology().Nodes() {
				mesh := 0
				for _, s := range got[node.Name] {
					if s.Kind == session.NodeToNodeMesh {
						mesh++
					}
				}
				if isOneOf(node, roles.reflectors) {
					Expect(mesh).To(BeZero(), "mesh sessions of reflector %s", node.Name)
				} else {
					Expect(mesh).To(Equal(len(roles.clients)-1), "mesh sessions of %s", node.Name)
				}
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		})
	})

	Context("paths of clients", Label("paths"), func() {
		Requirement("NRR-003", "no client MUST have a path that has passed both reflectors, as they are of one cluster", func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			ofClients := func(host topology.Host, _ path.Path) bool { return isOneOf(host, roles.clients) }
			Eventually(expect.Paths(lab, ofClients)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				paths, err := observed.Paths(ctx, lab, client.Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(paths).NotTo(BeEmpty(), client.Name)
				for _, p := range paths {
					Expect(len(p.ClusterList)).To(BeNumerically("<=", 1), "%s: %s", client.Name, p)
				}
			}
		})
	})
}
