package observe

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// ethernetAddress is the length of Ethernet's addresses. A tunnel that has an end of
// its own has that as its address, and its frames have no link-layer header.
const ethernetAddress = 6

// decodePacket reads a frame that passed an interface with the given link-layer
// address; on an interface that has none frames begin with the IP header. A frame
// without IP, such as ARP, is no packet.
func decodePacket(frame []byte, own net.HardwareAddr) (packet Packet, isPacket bool, err error) {
	d := decoder{packet: Packet{Direction: Unknown}}
	kind := layers.LayerTypeEthernet
	if len(own) != ethernetAddress {
		kind = ipVersion(frame)
	}
	for layer := layerFor(kind); layer != nil; layer = layerFor(kind) {
		if err := layer.DecodeFromBytes(frame, gopacket.NilDecodeFeedback); err != nil {
			return Packet{}, false, fmt.Errorf("read %s: %w", kind, err)
		}
		d.take(layer, own)
		frame, kind = layer.LayerPayload(), nextLayer(layer)
	}
	d.packet.VNI = d.vni
	return d.packet, d.headers > 0, nil
}

// layerFor is what reads a layer that a packet's way is told from; nil for all
// others, with which reading ends.
func layerFor(kind gopacket.LayerType) gopacket.DecodingLayer {
	switch kind {
	case layers.LayerTypeEthernet:
		return &layers.Ethernet{}
	case layers.LayerTypeDot1Q:
		return &layers.Dot1Q{}
	case layers.LayerTypeIPv4:
		return &layers.IPv4{}
	case layers.LayerTypeIPv6:
		return &layers.IPv6{}
	case layers.LayerTypeTCP:
		return &layers.TCP{}
	case layers.LayerTypeUDP:
		return &layers.UDP{}
	case layers.LayerTypeVXLAN:
		return &layers.VXLAN{}
	}
	return nil
}

// nextLayer is what follows a layer. gopacket ends with every fragment, but the first
// one has the headers that follow; it takes what comes from VXLAN's port for VXLAN too,
// which a port that was chosen by chance may be; and it knows one port of VXLAN alone.
func nextLayer(layer gopacket.DecodingLayer) gopacket.LayerType {
	switch l := layer.(type) {
	case *layers.IPv4:
		if l.FragOffset == 0 {
			return l.Protocol.LayerType()
		}
	case *layers.UDP:
		if isVXLAN(uint16(l.DstPort)) {
			return layers.LayerTypeVXLAN
		}
		return gopacket.LayerTypePayload
	}
	return layer.NextLayerType()
}

func ipVersion(packet []byte) gopacket.LayerType {
	if len(packet) > 0 && packet[0]>>4 == 6 {
		return layers.LayerTypeIPv6
	}
	return layers.LayerTypeIPv4
}

// decoder makes a packet from its layers, from the outside to the inside.
type decoder struct {
	packet Packet
	// headers counts the IP headers.
	headers int
	// vni is of a VXLAN header that was read, whatever follows it.
	vni uint32
}

const (
	// fragmentUnit is what the header's fragment offset counts (RFC 791).
	fragmentUnit = 8
	// ipv6HeaderLength is not counted by IPv6's payload length (RFC 8200).
	ipv6HeaderLength = 40
)

func (d *decoder) take(layer gopacket.DecodingLayer, own net.HardwareAddr) {
	switch l := layer.(type) {
	case *layers.Ethernet:
		if d.headers == 0 {
			d.packet.Direction = directionOf(l, own)
		}
	case *layers.IPv4:
		d.header(Header{
			Source: toAddr(l.SrcIP), Destination: toAddr(l.DstIP), Protocol: uint8(l.Protocol), TTL: l.TTL,
			Length: int(l.Length), DontFragment: l.Flags&layers.IPv4DontFragment != 0,
			Identification: l.Id, FragmentOffset: int(l.FragOffset) * fragmentUnit, MoreFragments: l.Flags&layers.IPv4MoreFragments != 0,
		})
	case *layers.IPv6:
		d.header(Header{
			Source: toAddr(l.SrcIP), Destination: toAddr(l.DstIP), Protocol: uint8(l.NextHeader), TTL: l.HopLimit,
			Length: ipv6HeaderLength + int(l.Length),
		})
	case *layers.VXLAN:
		d.vni = l.VNI
	case *layers.TCP:
		d.packet.SourcePort, d.packet.DestinationPort = uint16(l.SrcPort), uint16(l.DstPort)
		d.packet.Flags = Flags{SYN: l.SYN, ACK: l.ACK, FIN: l.FIN, RST: l.RST}
	case *layers.UDP:
		d.packet.SourcePort, d.packet.DestinationPort = uint16(l.SrcPort), uint16(l.DstPort)
	}
}

func (d *decoder) header(h Header) {
	if d.headers == 1 {
		outer := d.packet.Header
		d.packet.Outer = &outer
	}
	d.headers++
	// The values that a tunnel's own layers have put here are not the inner packet's.
	d.packet.Header, d.packet.SourcePort, d.packet.DestinationPort = h, 0, 0
}

func directionOf(frame *layers.Ethernet, own net.HardwareAddr) Direction {
	// The bit that makes an address one of a group (IEEE 802).
	const group = 1
	switch {
	case bytes.Equal(frame.SrcMAC, own):
		return Sent
	case bytes.Equal(frame.DstMAC, own), frame.DstMAC[0]&group != 0:
		return Received
	}
	return Overheard
}

func toAddr(ip net.IP) netip.Addr {
	address, _ := netip.AddrFromSlice(ip) // 4 or 16 octets, as they were read
	return address.Unmap()
}
