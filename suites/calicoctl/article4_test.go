package calicoctl

import (
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// articleFour is article 4's reflector in the cluster: calicoctl patch, kubectl label, and
// two files.
func articleFour(lab *suite.Lab) {
	Context("article 4", Needs(Calicoctl), Label("sessions", "changes"), func() {
		Requirement("CTL-005", "article 4's patch, label and files MUST make one node the reflector of all others, with the cluster ID that the article gives it in what it reflects, and calicoctl node status show sessions of type node specific alone", func(ctx SpecContext) {
			reflector, clients := lab.Topology().Nodes()[3], lab.Topology().Nodes()[:3]
			lab.RestoreDesign(ctx)
			patch := strings.TrimSpace(string(read(4, "patch-node.json")[0]))
			calicoctl.Apply(ctx, lab, reflector.Name, read(4, "disable-mesh.yaml")...)
			calicoctl.Run(ctx, lab, reflector.Name, "patch", "node", reflector.Name, "-p", patch)
			calicoctl.Kubectl(ctx, lab, reflector.Name, "label", "node", reflector.Name, "route-reflector=true")
			calicoctl.Apply(ctx, lab, reflector.Name, read(4, "peer-with-route-reflectors.yaml")...)

			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			var rows []calicoctl.Peer
			for _, client := range clients {
				Expect(calicoctl.Status(ctx, lab, client.Name)).To(ConsistOf(calicoctl.Peer{Address: reflector.Address(), Type: session.NodeSpecific, Established: true}), "calicoctl node status on %s", client.Name)
				rows = append(rows, calicoctl.Peer{Address: client.Address(), Type: session.NodeSpecific, Established: true})
			}
			Expect(calicoctl.Status(ctx, lab, reflector.Name)).To(ConsistOf(rows), "calicoctl node status on %s", reflector.Name)

			var written struct {
				Spec struct {
					BGP struct{ RouteReflectorClusterID string }
				}
			}
			Expect(json.Unmarshal([]byte(patch), &written)).To(Succeed())
			blocks := observed.Node(ctx, lab, clients[1].Name).Blocks
			Expect(blocks).NotTo(BeEmpty())
			known, err := observed.Paths(ctx, lab, clients[0].Name)
			Expect(err).NotTo(HaveOccurred())
			reflected := known.To(blocks...).From(reflector.Address())
			Expect(reflected).To(HaveLen(len(blocks)), "what %s has of %s from the reflector", clients[0].Name, clients[1].Name)
			for _, p := range reflected {
				Expect(p.ClusterList).To(HaveLen(1), "%s", p)
				Expect(p.ClusterList[0].String()).To(Equal(written.Spec.BGP.RouteReflectorClusterID), "%s", p)
			}
		})
	})
}
