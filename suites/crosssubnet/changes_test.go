package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

func changes(lab *Lab) {
	Context("changes", Label("changes"), func() {
		Requirement("CRS-070", "turning the mesh off MUST take every session away and no route of the pool, and lose no packet between pods", func(ctx SpecContext) {
			meters := lab.MeterPods(ctx, lab.PodPairs(ctx, AllPairs)...)
			before := map[string]route.Table{}
			for _, n := range lab.Topology().Nodes() {
				before[n.Name] = lab.TableOf(ctx, n.Name).Within(lab.Topology().Pods)
			}
			lab.SetMesh(ctx, false)
			Eventually(func() (int, error) {
				got, err := observe.Sessions(ctx, lab.Lab)
				count := 0
				for _, node := range lab.Topology().Nodes() {
					count += len(got[node.Name])
				}
				return count, err
			}).WithContext(ctx).Should(BeZero())
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			for name, table := range before {
				Expect(table).NotTo(BeEmpty(), name)
				Expect(lab.TableOf(ctx, name).Within(lab.Topology().Pods)).To(Equal(table), name)
			}
			meters.ExpectNoLoss(ctx)
		})
	})
}
