package wire

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// Conversation are the packets between two addresses, in both directions, and the ends
// that a tunnel for them has to have.
type Conversation struct {
	A, B netip.Addr
	// NodeA and NodeB are the addresses of the nodes behind which A and B are.
	NodeA, NodeB netip.Addr
}

// Between is the conversation of two pods, by the node IPs of their nodes.
func Between(l *suite.Lab, a, b workload.Pod) Conversation {
	return Conversation{A: a.Address.Addr(), B: b.Address.Addr(), NodeA: l.Node(a.Node).Address(), NodeB: l.Node(b.Node).Address()}
}

// Includes reports whether a packet is of the conversation, whatever tunnel it is in.
// It also includes fragments of unknown packets between the two nodes: those may have
// been plain. A capture's filter has to pass it.
func (c Conversation) Includes(p observe.Packet) bool { return c.is(p) || c.maybe(p) }

// Of are the packets of the conversation that were seen, at all interfaces together. Those
// that a bridge has flooded, and that were for others, are left out.
func (s Seen) Of(c Conversation) []observe.Packet {
	var packets []observe.Packet
	for _, end := range s.ends() {
		for _, p := range s[end] {
			if c.is(p) && p.Direction != observe.Overheard {
				packets = append(packets, p)
			}
		}
	}
	return packets
}

// is reports whether a packet is known to be of the conversation.
func (c Conversation) is(p observe.Packet) bool {
	return !p.Hidden() && (c.there(p.Header) || c.back(p.Header))
}

// maybe reports whether a packet is a fragment that may be of the conversation.
func (c Conversation) maybe(p observe.Packet) bool {
	return p.Hidden() && p.ContinuesFragments() && c.tunnelled(p.Source, p.Destination)
}

func (c Conversation) there(h observe.Header) bool { return h.Source == c.A && h.Destination == c.B }
func (c Conversation) back(h observe.Header) bool  { return h.Source == c.B && h.Destination == c.A }

// tunnelled reports whether two addresses are the ends of the conversation's tunnel.
func (c Conversation) tunnelled(from, to netip.Addr) bool {
	return (from == c.NodeA && to == c.NodeB) || (from == c.NodeB && to == c.NodeA)
}

// rightlyIn reports whether a packet of the conversation is in a tunnel of a kind
// between the right nodes, in the packet's own direction.
func (c Conversation) rightlyIn(kind observe.Encapsulation, p observe.Packet) bool {
	if p.Encapsulation() != kind {
		return false
	}
	if kind == observe.Plain {
		return true
	}
	from, to := c.NodeA, c.NodeB
	if c.back(p.Header) {
		from, to = to, from
	}
	return p.Outer.Source == from && p.Outer.Destination == to
}
