package caliconode

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Each roll-out restarts the calico-node of one node after another, as the DaemonSet does: the
// next one when the last is ready by the readiness probe of Calico's manifest. In a mesh one of
// two nodes waits for the other to connect (`passive on` in bird.cfg.template); nodes that peer
// by a BGPPeer both connect, and lose a route now and then: see docs/known-issues.md.

func meshRollOut(lab *suite.Lab) {
	Requirement("NODE-001", "in a roll-out of calico-node over a mesh, a host MUST NOT lose a route, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost; every node MUST be ready again", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		expect.RollOut(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
	})
}

func reflectorsRollOut(lab *suite.Lab) {
	Requirement("NODE-002", "in a roll-out of calico-node over reflectors and their clients, every pod MUST be reached again within 40 s, and in the end every host MUST have all of its routes", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		expect.RollOutOverActivePeers(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
	})
}

func leavesRollOut(lab *suite.Lab) {
	Requirement("NODE-003", "in a roll-out of calico-node under leaves that reflect, a host MUST NOT lose a route, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost, across racks either", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		expect.RollOut(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
	})
}

func racksRollOut(lab *suite.Lab) {
	Requirement("NODE-004", "in a roll-out of calico-node over the reflectors and clients of all racks, every pod of another rack MUST be reached again within 40 s, and in the end every host MUST have all of its routes", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		expect.RollOutOverActivePeers(ctx, lab, workload.PodPairs(ctx, lab, topology.AcrossRacks)...)
	})
}

func switchesRollOut(lab *suite.Lab) {
	Requirement("NODE-005", "in a roll-out of calico-node under two switches, a host MUST NOT lose a route, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		expect.RollOut(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
	})
}

func servicesRollOut(lab *suite.Lab) {
	Requirement("NODE-006", "in a roll-out of calico-node over nodes that announce services, a host MUST NOT lose a route, to a single address of a service with a local endpoint either", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
		expect.Announced(ctx, lab, route.Single(service.ClusterIP), topology.Names(lab.Topology().Nodes())...)
		expect.RollOut(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
	})
}

func tunnelsRollOut(lab *suite.Lab) {
	Requirement("NODE-007", "in a roll-out of calico-node over nodes with VXLAN, a host MUST NOT lose a route but one to a tunnel address in a routed block, a node MUST keep its tunnel address, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
		before := expect.TunnelAddresses(ctx, lab)
		expect.RollOut(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs)...)
		Expect(expect.TunnelAddresses(ctx, lab)).To(Equal(before))
	})
}
