package tor

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// shutdownCommunity is the community GRACEFUL_SHUTDOWN (RFC 8326, section 3).
const shutdownCommunity = "65535:0"

// gracefulShutdown is requirement F23: a switch that is about to go, and says so.
func gracefulShutdown(lab *suite.Lab) {
	// begun has the first switch that can do so begin a graceful shutdown, and names the
	// other one.
	begun := func(ctx SpecContext) (gone, left string) {
		GinkgoHelper()
		shutdown := func(r *fabric.Router) { r.GracefulShutdown = true }
		gone = lab.RouterThat(shutdown, tors(lab)...)
		lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) { shutdown(plan[gone]) })
		settled(ctx, lab)
		Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
		return gone, tors(lab)[1-slices.Index(tors(lab), gone)]
	}
	// expectWays looks at the nodes' ways to the outside, and at the core's to the nodes.
	expectWays := func(ctx SpecContext, ofNodes, ofCore []string) {
		GinkgoHelper()
		state := begin(ctx, lab)
		for _, node := range nodes(lab) {
			Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(ofNodes), "%s: %s", node, outside(lab))
		}
		for _, core := range lab.Topology().Spines() {
			for _, block := range state.Blocks(nodes(lab)...) {
				Expect(observed.NextHops(ctx, lab, core.Name, block)).To(ConsistOf(ofCore), "%s: %s", core.Name, block)
			}
		}
	}

	Context("graceful shutdown of a switch", Label("failure", "changes"), func() {
		Requirement("TOR-130", "when a switch in the nodes' AS begins a graceful shutdown, nodes and core MUST leave it, and no two probes in a row be lost then, when it goes, and when it is back",
			Needs(Clients, ConfigureRouters, CutEnds), Label("optional"), Timing(probe.Late), func(ctx SpecContext) {
				expectWays(ctx, tors(lab), tors(lab))
				client := lab.Topology().ByRole(topology.Client)[0].Name
				flows := map[string]traffic.Flow{}
				for node, pod := range workload.Pods(ctx, lab) {
					flows["client to the pod on "+node] = traffic.Flow{From: lab.From(client), To: pod.Address}
				}
				meters := traffic.Meter(ctx, flows)
				gone, left := begun(ctx)
				expectWays(ctx, []string{left}, []string{left})

				By("cutting it off")
				lab.CutEnd(ctx, rackLink(lab), gone)
				settled(ctx, lab)
				expectWays(ctx, []string{left}, []string{left})

				By("bringing it back")
				lab.RestoreEnd(ctx, rackLink(lab), gone)
				settled(ctx, lab)
				expectWays(ctx, []string{left}, []string{left})
				lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) { plan[gone].GracefulShutdown = false })
				settled(ctx, lab)
				expectWays(ctx, tors(lab), tors(lab))
				meters.ExpectNoTwoLost(ctx)
			})

		Requirement("TOR-131", "when a switch in another AS begins a graceful shutdown, the core MUST leave it, and nodes MUST be seen to stay, as Calico has no rule for the community",
			Needs(ConfigureRouters), Label("negative", "optional"), func(ctx SpecContext) {
				makeExternal(ctx, lab)
				settled(ctx, lab)
				expectWays(ctx, tors(lab), tors(lab))
				gone, left := begun(ctx)
				expectWays(ctx, tors(lab), []string{left})
				host, _ := lab.Topology().Host(gone)
				for _, node := range nodes(lab) {
					paths, err := observed.Paths(ctx, lab, node)
					Expect(err).NotTo(HaveOccurred())
					from := paths.From(host.Address()).To(outside(lab))
					Expect(from).To(HaveLen(1), "ways of %s by %s to %s", node, gone, outside(lab))
					Expect(from[0].Communities).To(ContainElement(shutdownCommunity), "%s: %s", node, from[0])
				}
			})
	})
}
