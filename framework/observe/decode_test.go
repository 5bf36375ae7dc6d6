package observe

import (
	"net"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// frame serialises layers. Addresses are those for documentation (RFC 5737).
func frame(t *testing.T, list ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, list...); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func ethernet(from, to net.HardwareAddr, kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: kind}
}

func ip(from, to string, protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 63, Protocol: protocol, SrcIP: net.ParseIP(from), DstIP: net.ParseIP(to)}
}

func syn(from layers.TCPPort) *layers.TCP {
	return &layers.TCP{SrcPort: from, DstPort: 80, SYN: true}
}

func TestDecodePacket(t *testing.T) {
	own := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	peer := net.HardwareAddr{2, 0, 0, 0, 0, 2}
	third := net.HardwareAddr{2, 0, 0, 0, 0, 3}
	all := net.HardwareAddr{255, 255, 255, 255, 255, 255}
	toVIP := []gopacket.SerializableLayer{ip("192.0.2.1", "198.51.100.1", layers.IPProtocolTCP), syn(40000)}
	in := func(outer ...gopacket.SerializableLayer) []gopacket.SerializableLayer { return append(outer, toVIP...) }
	udp := &layers.UDP{SrcPort: 50000, DstPort: 4789}
	fragment := ip("192.0.2.1", "198.51.100.1", layers.IPProtocolTCP)
	fragment.Id, fragment.FragOffset = 7, 8

	tests := []struct {
		name  string
		frame []byte
		own   net.HardwareAddr
		want  string
	}{
		{"a SYN that is received", frame(t, in(ethernet(peer, own, layers.EthernetTypeIPv4))...), own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"a SYN that is sent", frame(t, in(ethernet(own, peer, layers.EthernetTypeIPv4))...), own,
			"sent 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"a SYN that a bridge floods", frame(t, in(ethernet(peer, third, layers.EthernetTypeIPv4))...), own,
			"overheard 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"for all", frame(t, in(ethernet(peer, all, layers.EthernetTypeIPv4))...), own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"the answer", frame(t, ethernet(peer, own, layers.EthernetTypeIPv4), ip("198.51.100.1", "192.0.2.1", layers.IPProtocolTCP),
			&layers.TCP{SrcPort: 80, DstPort: 40000, SYN: true, ACK: true}), own,
			"received 198.51.100.1:80 > 192.0.2.1:40000 TCP ttl 63 length 40 SYN ACK"},
		{"a reset", frame(t, ethernet(peer, own, layers.EthernetTypeIPv4), ip("198.51.100.1", "192.0.2.1", layers.IPProtocolTCP),
			&layers.TCP{SrcPort: 80, DstPort: 40000, RST: true, FIN: true}), own,
			"received 198.51.100.1:80 > 192.0.2.1:40000 TCP ttl 63 length 40 FIN RST"},
		{"in a VLAN", frame(t, in(ethernet(peer, own, layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 7, Type: layers.EthernetTypeIPv4})...), own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"IPIP", frame(t, in(ethernet(peer, own, layers.EthernetTypeIPv4), ip("203.0.113.1", "203.0.113.2", layers.IPProtocolIPv4))...), own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN in 203.0.113.1 > 203.0.113.2 IPv4 ttl 63 length 60"},
		{"VXLAN", frame(t, in(ethernet(peer, own, layers.EthernetTypeIPv4), ip("203.0.113.1", "203.0.113.2", layers.IPProtocolUDP), udp,
			&layers.VXLAN{ValidIDFlag: true, VNI: 4096}, ethernet(third, third, layers.EthernetTypeIPv4))...), own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN in 203.0.113.1 > 203.0.113.2 UDP ttl 63 length 96 VNI 4096"},
		{"what IPIP carries has no ports of its own", frame(t, ethernet(peer, own, layers.EthernetTypeIPv4), ip("203.0.113.1", "203.0.113.2", layers.IPProtocolIPv4),
			ip("192.0.2.1", "198.51.100.1", layers.IPProtocolICMPv4), &layers.ICMPv4{}), own,
			"received 192.0.2.1:0 > 198.51.100.1:0 ICMPv4 ttl 63 length 28 in 203.0.113.1 > 203.0.113.2 IPv4 ttl 63 length 48"},
		{"UDP", frame(t, ethernet(peer, own, layers.EthernetTypeIPv4), ip("192.0.2.1", "198.51.100.1", layers.IPProtocolUDP), &layers.UDP{SrcPort: 5000, DstPort: 53}), own,
			"received 192.0.2.1:5000 > 198.51.100.1:53 UDP ttl 63 length 28"},
		{"a fragment", frame(t, ethernet(peer, own, layers.EthernetTypeIPv4), fragment, gopacket.Payload("rest")), own,
			"received 192.0.2.1:0 > 198.51.100.1:0 TCP ttl 63 length 24 fragment 7 at 64"},
		{"IPv6", frame(t, ethernet(peer, own, layers.EthernetTypeIPv6), &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP,
			SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}, syn(40000)), own,
			"received [2001:db8::1]:40000 > [2001:db8::2]:80 TCP ttl 64 length 60 SYN"},
		{"on a tunnel", frame(t, toVIP...), nil,
			"unknown 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 40 SYN"},
		{"of a long frame the beginning", frame(t, append(in(ethernet(peer, own, layers.EthernetTypeIPv4)), gopacket.Payload(make([]byte, 1000)))...)[:captureLength], own,
			"received 192.0.2.1:40000 > 198.51.100.1:80 TCP ttl 63 length 1040 SYN"},
		{"ARP is none", frame(t, ethernet(peer, all, layers.EthernetTypeARP), gopacket.Payload(make([]byte, 28))), own, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := decodePacket(test.frame, test.own)
			if err != nil || ok != (test.want != "") {
				t.Fatalf("got %s, %t, %v", got, ok, err)
			}
			if text := "00:00:00.000000 " + test.want; ok && got.String() != text {
				t.Errorf("got  %s\nwant %s", got, text)
			}
		})
	}
}

func TestDecodePacketRefuses(t *testing.T) {
	whole := frame(t, ethernet(net.HardwareAddr{2, 0, 0, 0, 0, 2}, net.HardwareAddr{2, 0, 0, 0, 0, 1}, layers.EthernetTypeIPv4),
		ip("192.0.2.1", "198.51.100.1", layers.IPProtocolTCP), syn(40000))
	for _, length := range []int{13, 20, 40} {
		if got, ok, err := decodePacket(whole[:length], net.HardwareAddr{2, 0, 0, 0, 0, 1}); err == nil || ok {
			t.Errorf("%d of %d octets became %s", length, len(whole), got)
		}
	}
}

func TestPacketOpens(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags Flags
		want  bool
	}{
		{"SYN", Flags{SYN: true}, true},
		{"SYN ACK", Flags{SYN: true, ACK: true}, false},
		{"ACK", Flags{ACK: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (Packet{Flags: test.flags}).Opens(); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
	p := Packet{Header: Header{Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("198.51.100.1")}, SourcePort: 1, DestinationPort: 2}
	if p.From().String() != "192.0.2.1:1" || p.To().String() != "198.51.100.1:2" {
		t.Errorf("from %s to %s", p.From(), p.To())
	}
}

func FuzzDecodePacket(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add([]byte{0x45}, false)
	own := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	f.Fuzz(func(t *testing.T, data []byte, link bool) {
		address := own
		if !link {
			address = nil
		}
		if packet, ok, err := decodePacket(data, address); ok && (err != nil || !packet.Source.IsValid()) {
			t.Errorf("a packet without a source: %s, %v", packet, err)
		}
	})
}
