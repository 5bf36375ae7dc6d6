package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	. "github.com/rackproof/rackproof/framework/suite"
)

// sessions are requirement A1, which encapsulation changes nothing of.
func sessions(lab *Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("VXL-001", "every pair of nodes MUST have an established mesh session beside the tunnels, across racks too", func(ctx SpecContext) {
			Eventually(lab.Sessions).WithContext(ctx).Should(Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			nodes := lab.Topology().Nodes()
			for _, node := range nodes {
				Expect(got[node.Name]).To(HaveLen(len(nodes)-1), "sessions of %s", node.Name)
				for _, s := range got[node.Name] {
					Expect(s.State).To(Equal(session.Established), "%s: %s", node.Name, s)
					Expect(s.Kind).To(Equal(session.NodeToNodeMesh), "%s: %s", node.Name, s)
				}
			}
		})
	})
}
