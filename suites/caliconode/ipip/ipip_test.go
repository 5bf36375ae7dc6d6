// Package ipip proves what a restart of whole calico-nodes promises where pods' packets go
// through tunnels of IPIP. See package caliconode above for the other modes.
package ipip

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	topologyName = "two-racks"
	always       = "ipip"
	crossSubnet  = "crosssubnet"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Recipe{Topology: topologyName, Mode: always}, suite.Recipe{Topology: topologyName, Mode: crossSubnet})
}

func TestCalicoNodeIPIP(t *testing.T) {
	suite.Run(t, "caliconode-ipip", func(s *suite.Suite) {
		all := s.Lab(topologyName, always)
		Describe("with IPIP between all nodes", func() {
			all.Use()
			Requirement("NODE-050", "in a roll-out of calico-node over nodes with IPIP, a host MUST NOT lose a route but one to a tunnel address in a routed block, a node MUST keep its tunnel address, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
				before := expect.TunnelAddresses(ctx, all)
				expect.RollOut(ctx, all, workload.PodPairs(ctx, all, topology.AllPairs)...)
				Expect(expect.TunnelAddresses(ctx, all)).To(Equal(before))
			})
		})
		across := s.Lab(topologyName, crossSubnet)
		Describe("with IPIP between subnets", func() {
			across.Use()
			Requirement("NODE-051", "in a roll-out of calico-node over nodes with IPIP between subnets, a host MUST NOT lose a route but one to a tunnel address in a routed block, a node MUST keep its tunnel address, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
				before := expect.TunnelAddresses(ctx, across)
				expect.RollOut(ctx, across, workload.PodPairs(ctx, across, topology.AllPairs)...)
				Expect(expect.TunnelAddresses(ctx, across)).To(Equal(before))
			})
		})
	})
}
