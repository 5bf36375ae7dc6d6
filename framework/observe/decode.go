package observe

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// decodePacket reads a frame that passed an interface with the given link-layer
// address; on an interface that has none frames begin with the IP header. What
// carries no IP, such as ARP, is no packet.
func decodePacket(frame []byte, own net.HardwareAddr) (packet Packet, isPacket bool, err error) {
	d := decoder{packet: Packet{Direction: Unknown}}
	kind := layers.LayerTypeEthernet
	if len(own) == 0 {
		kind = ipVersion(frame)
	}
	for layer := layerFor(kind); layer != nil; layer = layerFor(kind) {
		if err := layer.DecodeFromBytes(frame, gopacket.NilDecodeFeedback); err != nil {
			return Packet{}, false, fmt.Errorf("read %s: %w", kind, err)
		}
		d.take(layer, own)
		frame, kind = layer.LayerPayload(), layer.NextLayerType()
	}
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
}

func (d *decoder) take(layer gopacket.DecodingLayer, own net.HardwareAddr) {
	switch l := layer.(type) {
	case *layers.Ethernet:
		if d.headers == 0 {
			d.packet.Direction = directionOf(l, own)
		}
	case *layers.IPv4:
		d.header(Header{toAddr(l.SrcIP), toAddr(l.DstIP), uint8(l.Protocol), l.TTL})
	case *layers.IPv6:
		d.header(Header{toAddr(l.SrcIP), toAddr(l.DstIP), uint8(l.NextHeader), l.HopLimit})
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
	// What a tunnel's own layers have put here is not the inner packet's.
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
	return Foreign
}

func toAddr(ip net.IP) netip.Addr {
	address, _ := netip.AddrFromSlice(ip) // 4 or 16 octets, as they were read
	return address.Unmap()
}
