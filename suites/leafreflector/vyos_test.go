package leafreflector

import (
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/fabric"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/vyos"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// articlesRouters run what the article has its switches do.
func articlesRouters(lab *suite.Lab) {
	Context("the article's configurations", Label("vyos", "routes", "sessions"), func() {
		Requirement("LEAF-060", "the article's VyOS configurations, run on FRR, MUST give the sessions and tables of this suite", Needs(ConfigureRouters), func(ctx SpecContext) {
			planned, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			routers, err := vyos.Routers(lab.Topology(), bootConfigurations())
			Expect(err).NotTo(HaveOccurred())
			lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
				Expect(routers).To(HaveLen(len(plan)), "routers with a configuration")
				for _, router := range routers {
					Expect(plan).To(HaveKey(router.Host))
					router.Software = vyos.Software
					*plan[router.Host] = router
				}
			})
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expectArticlesSessions(ctx, lab)
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks, expect.TheOwner)
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.WithinRacks, expect.TheOwner)
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks, func(_, _ topology.Host) []string { return topology.Names(lab.Topology().Spines()) })

			// Whatever the leaves run, VyOS is FRR.
			for i := range planned.Routers {
				planned.Routers[i].Software = vyos.Software
			}
			// The lab agrees with the suite's other specs, but for the client's network: it
			// is not in the article, and no router announces it now.
			read, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			wantSessions, err := planned.Sessions()
			Expect(err).NotTo(HaveOccurred())
			gotSessions, err := read.Sessions()
			Expect(err).NotTo(HaveOccurred())
			Expect(diff.Compare(wantSessions, gotSessions).String()).To(BeEmpty())

			want, err := planned.Tables()
			Expect(err).NotTo(HaveOccurred())
			got, err := read.Tables()
			Expect(err).NotTo(HaveOccurred())
			client := lab.Topology().ByRole(topology.Client)[0].Interfaces[0].Addresses[0].Masked()
			Expect(diff.Compare(outside(client, want), outside(client, got)).String()).To(BeEmpty())
			Expect(learn(client, want)).NotTo(BeEmpty(), "hosts that know the client's network by the plan")
			Expect(learn(client, got)).To(BeEmpty(), "hosts that know the client's network by the article")
		})
	})
}

// bootConfigurations are the article's configurations.
func bootConfigurations() []*vyos.Boot {
	GinkgoHelper()
	files, err := fixtures.BootConfigurations()
	Expect(err).NotTo(HaveOccurred())
	var boots []*vyos.Boot
	for _, name := range slices.Sorted(maps.Keys(files)) {
		boot, err := vyos.Read(name, files[name])
		Expect(err).NotTo(HaveOccurred())
		boots = append(boots, boot)
	}
	return boots
}

// outside are the tables without what is inside a network.
func outside(network netip.Prefix, tables route.Tables) route.Tables {
	left := route.Tables{}
	for host, table := range tables {
		left[host] = table.Without(network)
	}
	return left
}

// learn names the hosts that have a route to a network that is not on their link.
func learn(network netip.Prefix, tables route.Tables) []string {
	var hosts []string
	for host, table := range tables {
		if slices.ContainsFunc(table.Within(network), func(r route.Route) bool { return r.Origin != route.OriginKernel }) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
