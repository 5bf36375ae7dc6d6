package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// changes are requirement A7: Felix's routes do not rest on BGP, and BIRD's do.
func changes(lab *suite.Lab) {
	Context("changes", Label("changes"), func() {
		if lab.RouteOwner() == calico.BIRDOwns {
			Requirement("CRS-071", "where BIRD owns the routes, turning the mesh off MUST take every session away and every route to other nodes' blocks", func(ctx SpecContext) {
				expect.PodRoutesGoWithMesh(ctx, lab)
			})
			return
		}
		Requirement("CRS-070", "turning the mesh off MUST take every session away and no route of the pool, and lose no packet between pods", Needs(EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			meters := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, topology.AllPairs)...)
			expect.PodRoutesOutliveMesh(ctx, lab)
			meters.ExpectNoLoss(ctx)
		})
	})
}
