// Package ipip proves changes from and to IPIP on a lab that is up and carries traffic
// (article 4; requirements B10, C6). See package modeswitch above for the others.
package ipip

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	topologyName = "two-racks"
	modeName     = "ipipreflector"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Recipe{Topology: topologyName, Mode: modeName}) }

func TestModeSwitchIPIP(t *testing.T) {
	suite.Run(t, "modeswitch-ipip", func(s *suite.Suite) {
		lab := s.Lab(topologyName, modeName)
		Describe("between IPIP, none and CrossSubnet", func() {
			lab.Use()
			Context("live", Label("switch"), Ordered, func() {
				BeforeAll(func(ctx SpecContext) {
					lab.Ready(ctx)
					lab.LeaveMode()
				})

				Requirement("MSW-020", "from IPIP to none, every node MUST within 30 s end up with BIRD's routes by its own interface, and with nothing of the tunnel, its address included", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
					expect.ModeSwitch(ctx, lab, modeName, "noencapreflector", topology.AllPairs)
				})

				Requirement("MSW-021", "from none to CrossSubnet, every node MUST within 30 s end up with the routes of their owner, by its own interface within a subnet and through tunl0 from one to another", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
					expect.ModeSwitch(ctx, lab, "noencapreflector", "crosssubnetreflector", topology.AllPairs)
				})

				Requirement("MSW-022", "from CrossSubnet to IPIP, every node MUST within 30 s end up with the routes of their owner through tunl0 to every other node, of its own subnet too", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
					reach := topology.AllPairs
					if lab.RouteOwner() == calico.BIRDOwns {
						// To other racks BIRD's tunnels end at the leaf, which sets itself as next hop (requirement B5).
						reach = topology.WithinRacks
					}
					expect.ModeSwitch(ctx, lab, "crosssubnetreflector", modeName, reach)
				})
			})
			environment(lab)
		})
	})
}
