package traffic

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/suite/workload"
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
