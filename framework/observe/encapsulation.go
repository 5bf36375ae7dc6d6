package observe

import "github.com/gopacket/gopacket/layers"

// VXLANPort is the UDP port of VXLAN (RFC 7348), which Calico's vxlanPort is too
// unless it is configured otherwise.
const VXLANPort = 4789

// KernelVXLANPort is the port that Linux gives a VXLAN by default, as flannel leaves it
// (Documentation/backends.md of flannel).
const KernelVXLANPort = 8472

// isVXLAN reports whether a UDP port is one of VXLAN.
func isVXLAN(port uint16) bool { return port == VXLANPort || port == KernelVXLANPort }

// Encapsulation is the tunnel that a packet was in when it passed an interface.
type Encapsulation string

// The encapsulations of packets.
const (
	// Plain packets were in no tunnel.
	Plain Encapsulation = "plain"
	// IPIP packets were in another IP packet (RFC 2003).
	IPIP Encapsulation = "IPIP"
	// VXLAN packets were in an Ethernet frame in UDP (RFC 7348).
	VXLAN Encapsulation = "VXLAN"
	// Unclear are fragments of UDP whose first fragment was not seen, so that they may
	// be of VXLAN or of a plain packet, and packets in a tunnel of another kind.
	Unclear Encapsulation = "unclear"
)

// Encapsulation is the tunnel that the packet was in. A packet that was in a tunnel is
// never plain, even when the inner packet is invisible: a later fragment of an IPIP
// packet, or a frame in VXLAN without IP, such as ARP.
func (p Packet) Encapsulation() Encapsulation {
	switch outermost := p.Outermost(); {
	case layers.IPProtocol(outermost.Protocol) == layers.IPProtocolIPv4:
		return IPIP
	case p.Outer == nil && !p.isOrphan():
		if layers.IPProtocol(p.Protocol) == layers.IPProtocolUDP && isVXLAN(p.DestinationPort) {
			return VXLAN
		}
		return Plain
	case p.Outer != nil && layers.IPProtocol(outermost.Protocol) == layers.IPProtocolUDP:
		return VXLAN
	}
	return Unclear
}

// isOrphan reports whether the packet is a later fragment of which nothing is known but
// its own header, where that leaves open whether it was in a tunnel.
func (p Packet) isOrphan() bool {
	return p.Outer == nil && p.ContinuesFragments() && layers.IPProtocol(p.Protocol) == layers.IPProtocolUDP &&
		p.SourcePort == 0 && p.DestinationPort == 0
}

// Hidden reports whether the packet's own addresses are not seen: it is known by the
// header of its tunnel alone, or may be.
func (p Packet) Hidden() bool { return p.Outer == nil && p.Encapsulation() != Plain }
