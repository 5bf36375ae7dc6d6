package traffic

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Flow is a place from which to probe and an address to probe.
type Flow struct {
	From lab.Host
	To   netip.AddrPort
}

// Datagrams is a flow one way: who sends, who receives by which address, and by which
// address the receiver has to see the sender.
type Datagrams struct {
	From, To    lab.Host
	Address, As netip.Addr
}

// BetweenPods is the flow from a pod to another one.
func BetweenPods(from, to workload.Pod) Datagrams {
	return Datagrams{From: from, To: to, Address: to.Address.Addr(), As: from.Address.Addr()}
}

// PodFlows are the flows between all pairs of the workload's pods that are chosen, both
// ways, by the names that they have in the report: see Meter.
func PodFlows(ctx context.Context, l *suite.Lab, chosen func(from, to *topology.Host) bool) map[string]Flow {
	ginkgo.GinkgoHelper()
	flows := map[string]Flow{}
	for _, pair := range workload.PodPairs(ctx, l, chosen) {
		flows[pair.String()] = Flow{From: pair.From, To: pair.To.Address}
	}
	return flows
}
