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
	// Foreign packets are between others: a bridge that has not learned yet where
	// somebody is sends to all its ports.
	Foreign Direction = "foreign"
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
}

// Flags are those of a TCP segment.
type Flags struct{ SYN, ACK, FIN, RST bool }

// Packet is an IP packet that passed an interface. Of one inside another the
// header and what follows are the inner one's.
type Packet struct {
	Time      time.Time
	Direction Direction
	Header
	// SourcePort and DestinationPort are 0 where the protocol has none, and in
	// fragments.
	SourcePort, DestinationPort uint16
	// Flags are those of TCP.
	Flags Flags
	// Outer is the header around the packet's own if it was in a tunnel (IPIP,
	// VXLAN), and nil if it was not.
	Outer *Header
}

// From is the packet's source address and port.
func (p Packet) From() netip.AddrPort { return netip.AddrPortFrom(p.Source, p.SourcePort) }

// To is the packet's destination address and port.
func (p Packet) To() netip.AddrPort { return netip.AddrPortFrom(p.Destination, p.DestinationPort) }

// Opens tells whether the packet is the first of a TCP connection, or its
// repetition.
func (p Packet) Opens() bool { return p.Flags.SYN && !p.Flags.ACK }

// String is the packet in one line.
func (p Packet) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s > %s %s ttl %d", p.Time.Format("15:04:05.000000"), p.Direction, p.From(), p.To(), layers.IPProtocol(p.Protocol), p.TTL)
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.Flags.SYN, "SYN"}, {p.Flags.ACK, "ACK"}, {p.Flags.FIN, "FIN"}, {p.Flags.RST, "RST"}} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	if p.Outer != nil {
		fmt.Fprintf(&b, " in %s > %s %s ttl %d", p.Outer.Source, p.Outer.Destination, layers.IPProtocol(p.Outer.Protocol), p.Outer.TTL)
	}
	return b.String()
}
