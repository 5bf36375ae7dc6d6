package tor

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/fabric"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// defaultRoute is requirement F24: a switch that announces the default route, as many do.
func defaultRoute(lab *suite.Lab) {
	Context("a switch's default route", Label("routes", "changes"), func() {
		Requirement("TOR-120", "a node MUST keep its own default route while a switch announces one and when it withdraws it, and MUST NOT pass the switch's on", Needs(ConfigureRouters), Label("optional"), func(ctx SpecContext) {
			everywhere := route.IPv4.Everywhere()
			originate := func(on bool) func(*fabric.Router) {
				return func(r *fabric.Router) {
					for i, n := range r.Neighbors {
						r.Neighbors[i].DefaultOriginate = on && slices.Contains(nodes(lab), n.Host)
					}
				}
			}
			begin(ctx, lab)
			tor := lab.RouterThat(originate(true), tors(lab)...)
			own := map[string][]string{}
			for _, node := range nodes(lab) {
				hops, err := observed.NextHops(ctx, lab, node, everywhere)
				Expect(err).NotTo(HaveOccurred())
				Expect(hops).NotTo(BeEmpty(), "the default route of %s", node)
				own[node] = hops
			}
			began := time.Now()
			for _, on := range []bool{true, false} {
				By(map[bool]string{true: "announcing it", false: "withdrawing it"}[on])
				lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) { originate(on)(plan[tor]) })
				settled(ctx, lab)
				Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
				for _, node := range nodes(lab) {
					paths, err := observed.Paths(ctx, lab, node)
					Expect(err).NotTo(HaveOccurred())
					heard := paths.To(everywhere)
					if on {
						Expect(heard).To(HaveLen(1), "default routes that %s hears of", node)
						from, _ := lab.Topology().HostOf(heard[0].Peer)
						Expect(from).To(Equal(tor), "%s: %s", node, heard[0])
					} else {
						Expect(heard).To(BeEmpty(), "default routes that %s hears of", node)
					}
					Expect(observed.NextHops(ctx, lab, node, everywhere)).To(ConsistOf(own[node]), "the default route of %s", node)
				}
			}
			Expect(lab.LostRoutes(began, nodes(lab)...)).To(BeEmpty(), "routes that nodes have lost")
		})
	})
}
