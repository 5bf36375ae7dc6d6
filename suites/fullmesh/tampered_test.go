package fullmesh

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// scanned is how long BIRD may take to see a change of the kernel's and to write its own
// route: it scans the table every 2 s (bird.cfg.template), tries once more at the next scan
// what has failed, and counts whole seconds. Half a second is for the routes.
const scanned = 2*2*time.Second + time.Second + 500*time.Millisecond

// tampered is what BIRD's scan of the kernel is for.
func tampered(lab *suite.Lab) {
	Context("routes that another program changes", Needs(ChangeInterfaces), Label("routes", "changes"), func() {
		Requirement("MESH-017", "a route of BIRD's that another program deletes MUST be back after two of BIRD's scans of the kernel", Timing(probe.Late), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.AllPairs)[0]
			block := p.To.Blocks[0]
			wire.DeleteRoute(lab, p.From.Name, block)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).WithTimeout(scanned).Should(expect.Agree())
			expect.OneRoute(ctx, lab, p.From.Name, block, p.To.Name)
		})

		Requirement("MESH-018", "a route of BIRD's to which another program gives another next hop MUST have its own again after two of BIRD's scans of the kernel", Timing(probe.Late), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.AllPairs)[0]
			block := p.To.Blocks[0]
			others := slices.DeleteFunc(lab.Topology().Nodes(), func(n topology.Host) bool { return n.Name == p.From.Name || n.Name == p.To.Name })
			Expect(others).NotTo(BeEmpty(), "a third node")
			wire.ChangeNextHop(lab, p.From.Name, block, others[0].Address())
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).WithTimeout(scanned).Should(expect.Agree())
			expect.OneRoute(ctx, lab, p.From.Name, block, p.To.Name)
		})
	})
}
