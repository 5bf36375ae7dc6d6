package observe

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/gopacket/gopacket/layers"
)

// Direction is the way of a packet through an interface.
type Direction string

// The directions of packets.
const (
	// Received packets are for the interface, by their link-layer address, or for
	// all hosts of its link.
	Received Direction = "received"
	// Sent packets come from the interface.
	Sent Direction = "sent"
	// Overheard packets are between others: a bridge that has not learned yet where
	// somebody is sends to all its ports.
	Overheard Direction = "overheard"
	// Unknown is the direction on an interface without link-layer addresses, such as
	// a tunnel.
	Unknown Direction = "unknown"
)

// Header is what a router looks at in an IP packet.
type Header struct {
	Source, Destination netip.Addr
	// Protocol is the number of what the packet carries (IANA's protocol numbers):
	// 6 is TCP, 17 UDP, 4 another IP packet.
	Protocol uint8
	TTL      uint8
	// Length is the header's total length: the octets of the packet from this header
	// on. It may be more than the interface's MTU, as a kernel cuts segments of TCP as
	// late as it can, and between a lab's interfaces not at all.
	Length int
	// DontFragment is the flag DF.
	DontFragment bool
	// Identification tells the fragments of one packet from those of others.
	Identification uint16
	// FragmentOffset is where in its packet's payload a fragment begins, in octets, and
	// MoreFragments says that it is not the last. A packet that is whole has neither.
	FragmentOffset int
	MoreFragments  bool
}

// BeginsFragments reports whether this is the first fragment of a packet, the only one
// that has the headers that follow.
func (h Header) BeginsFragments() bool { return h.MoreFragments && h.FragmentOffset == 0 }

// ContinuesFragments reports whether this is a fragment other than the first.
func (h Header) ContinuesFragments() bool { return h.FragmentOffset > 0 }

// Flags are those of a TCP segment.
type Flags struct{ SYN, ACK, FIN, RST bool }

// Packet is an IP packet that passed an interface. Of one inside another the
// header and what follows are the inner one's.
type Packet struct {
	Time      time.Time
	Direction Direction
	Header
	// SourcePort and DestinationPort are 0 where the protocol has none. Fragments have
	// those of their packet: a Capture looks them up in its first fragment.
	SourcePort, DestinationPort uint16
	// Flags are those of TCP, in the first fragment alone.
	Flags Flags
	// Outer is the header around the packet's own if it was in a tunnel (IPIP,
	// VXLAN), and nil if it was not. See Encapsulation.
	Outer *Header
	// VNI is the network of a VXLAN that the packet was in.
	VNI uint32
}

// From is the packet's source address and port.
func (p Packet) From() netip.AddrPort { return netip.AddrPortFrom(p.Source, p.SourcePort) }

// To is the packet's destination address and port.
func (p Packet) To() netip.AddrPort { return netip.AddrPortFrom(p.Destination, p.DestinationPort) }

// Opens reports whether the packet is the first of a TCP connection, or its repetition.
func (p Packet) Opens() bool { return p.Flags.SYN && !p.Flags.ACK }

// Outermost is the header by which the packet was sent over its link.
func (p Packet) Outermost() Header {
	if p.Outer != nil {
		return *p.Outer
	}
	return p.Header
}

// String is the packet in one line.
func (p Packet) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s > %s %s", p.Time.Format("15:04:05.000000"), p.Direction, p.From(), p.To(), p.describe())
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.Flags.SYN, "SYN"}, {p.Flags.ACK, "ACK"}, {p.Flags.FIN, "FIN"}, {p.Flags.RST, "RST"}} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	if p.Outer != nil {
		fmt.Fprintf(&b, " in %s > %s %s", p.Outer.Source, p.Outer.Destination, p.Outer.describe())
	}
	if p.VNI != 0 {
		fmt.Fprintf(&b, " VNI %d", p.VNI)
	}
	return b.String()
}

// describe is what a header says beside its addresses.
func (h Header) describe() string {
	text := fmt.Sprintf("%s ttl %d length %d", layers.IPProtocol(h.Protocol), h.TTL, h.Length)
	if h.DontFragment {
		text += " DF"
	}
	if h.BeginsFragments() || h.ContinuesFragments() {
		text += fmt.Sprintf(" fragment %d at %d", h.Identification, h.FragmentOffset)
	}
	return text
}
