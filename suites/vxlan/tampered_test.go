package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// changedInPlace is the issue by which Felix leaves a changed route alone.
const changedInPlace = "projectcalico/calico#12943"

// tampered is what Felix promises of its routes: routeRefreshInterval is "the period at
// which Felix re-checks the routes in the data plane to ensure that no other process has
// accidentally broken Calico's rules" (FelixConfiguration).
func tampered(lab *suite.Lab) {
	Context("routes that another program changes", Needs(ChangeInterfaces), Label("routes", "changes"), func() {
		Requirement("VXL-015", "a route of Felix's that another program deletes MUST be back at Felix's next refresh", Label("slow"), Timing(refreshMargin), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]
			block := p.To.Blocks[0]
			wire.DeleteRoute(lab, p.From.Name, block)
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).WithTimeout(expect.RouteRefresh(lab) + refreshMargin).Should(expect.Agree())
			Expect(observed.RouteTo(ctx, lab, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)))
		})

		Requirement("VXL-016", "a route of Felix's to which another program gives another next hop MUST have its own again at Felix's next refresh", Known(changedInPlace), Label("slow"), Timing(refreshMargin), func(ctx SpecContext) {
			pairs := observed.NodePairs(ctx, lab, topology.AllPairs)
			p := pairs[0]
			block := p.To.Blocks[0]
			wrong := p.To
			for _, other := range pairs {
				if other.From.Name == p.From.Name && other.To.Name != p.To.Name {
					wrong = other.To
				}
			}
			Expect(wrong.Name).NotTo(Equal(p.To.Name), "a third node")
			wire.ChangeNextHop(lab, p.From.Name, block, wrong.VXLANTunnel)
			KnownIssue(ctx, lab, changedInPlace,
				func(g Gomega) {
					g.Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).WithTimeout(expect.RouteRefresh(lab) + refreshMargin).Should(expect.Agree())
				},
				func(g Gomega) {
					g.Expect(observed.RouteTo(ctx, lab, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(wrong)))
				})
		})
	})
}
