package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
)

func devices(lab *suite.Lab) {
	Context("device", Label("device"), func() {
		Requirement("CRS-010", "tunl0 MUST be up on every node, with the node's tunnel address and no other", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := wire.DeviceOf(lab, n.Name, tunnel())
				Expect(d.Kind).To(Equal("ipip"), "%s: %s", n.Name, d)
				Expect(d.Up).To(BeTrue(), "%s: %s", n.Name, d)
				Expect(d.Addresses).To(ConsistOf(route.Single(n.IPIPTunnel)), "%s: %s", n.Name, d)
			}
		})
	})
}
