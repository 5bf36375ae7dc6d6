package observe

import (
	"net"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// sequence decodes frames without their link-layer headers, and completes fragments as
// a capture does.
func sequence(t *testing.T, frames ...[]byte) (complete, orphans []Packet) {
	t.Helper()
	f := newFragments()
	for _, data := range frames {
		packet, ok, err := decodePacket(data, nil)
		if err != nil || !ok {
			t.Fatalf("decode: %v, %t", err, ok)
		}
		complete = append(complete, f.take(packet)...)
	}
	return complete, f.orphans()
}

// inUDP is a datagram between pods with some octets.
func inUDP(octets int) []gopacket.SerializableLayer {
	header := ip("192.0.2.1", "198.51.100.1", layers.IPProtocolUDP)
	header.Flags, header.Id = layers.IPv4DontFragment, 1
	return []gopacket.SerializableLayer{header, &layers.UDP{SrcPort: 5000, DstPort: 53}, gopacket.Payload(make([]byte, octets))}
}

// inIPIP and inVXLAN are what a tunnel between nodes makes of a packet.
func inIPIP(inner ...gopacket.SerializableLayer) []gopacket.SerializableLayer {
	return append([]gopacket.SerializableLayer{ip("203.0.113.1", "203.0.113.2", layers.IPProtocolIPv4)}, inner...)
}

func inVXLAN(inner ...gopacket.SerializableLayer) []gopacket.SerializableLayer {
	return append(inVXLANFrame(layers.EthernetTypeIPv4), inner...)
}

func inVXLANFrame(kind layers.EthernetType) []gopacket.SerializableLayer {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 7}
	return []gopacket.SerializableLayer{
		ip("203.0.113.1", "203.0.113.2", layers.IPProtocolUDP), &layers.UDP{SrcPort: 50000, DstPort: VXLANPort},
		&layers.VXLAN{ValidIDFlag: true, VNI: 4096}, ethernet(mac, mac, kind),
	}
}

// kernelVXLAN is inVXLAN at the kernel's port.
func kernelVXLAN() []gopacket.SerializableLayer {
	packet := inVXLAN(inUDP(1000)...)
	packet[1] = &layers.UDP{SrcPort: 50000, DstPort: KernelVXLANPort}
	return packet
}

// fragmentsOf cuts a packet into two fragments, as a router does: the first has so many
// octets of its payload.
func fragmentsOf(t *testing.T, packet []byte, octets int) [][]byte {
	t.Helper()
	var whole layers.IPv4
	if err := whole.DecodeFromBytes(packet, gopacket.NilDecodeFeedback); err != nil {
		t.Fatal(err)
	}
	first, second := whole, whole
	first.Id, second.Id = 9, 9
	first.Flags, second.Flags = layers.IPv4MoreFragments, 0
	second.FragOffset = uint16(octets / fragmentUnit)
	return [][]byte{
		frame(t, &first, gopacket.Payload(whole.Payload[:octets])),
		frame(t, &second, gopacket.Payload(whole.Payload[octets:])),
	}
}

func TestEncapsulation(t *testing.T) {
	whole := func(list []gopacket.SerializableLayer) []byte { return frame(t, list...) }
	ipip := fragmentsOf(t, whole(inIPIP(inUDP(1000)...)), 600)
	vxlan := fragmentsOf(t, whole(inVXLAN(inUDP(1000)...)), 600)
	plain := fragmentsOf(t, whole(inUDP(1000)), 600)
	toPort := func(from, to layers.UDPPort) []byte {
		return frame(t, ip("192.0.2.1", "198.51.100.1", layers.IPProtocolUDP), &layers.UDP{SrcPort: from, DstPort: to}, gopacket.Payload(make([]byte, 100)))
	}
	const (
		inner     = "192.0.2.1:5000 > 198.51.100.1:53 UDP ttl 63 length 1028 DF"
		outer     = "203.0.113.1 > 203.0.113.2"
		aFragment = "192.0.2.1:5000 > 198.51.100.1:53 UDP ttl 63 length"
	)
	tests := []struct {
		name   string
		frames [][]byte
		// want is the encapsulation of each packet and its description.
		want    []string
		orphans []string
	}{
		{"plain", [][]byte{whole(inUDP(1000))}, []string{"plain " + inner}, nil},
		{"IPIP", [][]byte{whole(inIPIP(inUDP(1000)...))}, []string{"IPIP " + inner + " in " + outer + " IPv4 ttl 63 length 1048"}, nil},
		{"VXLAN", [][]byte{whole(inVXLAN(inUDP(1000)...))}, []string{"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 1078 VNI 4096"}, nil},
		{"ARP in VXLAN", [][]byte{whole(append(inVXLANFrame(layers.EthernetTypeARP), gopacket.Payload(make([]byte, 28))))},
			[]string{"VXLAN 203.0.113.1:50000 > 203.0.113.2:4789 UDP ttl 63 length 96 VNI 4096"}, nil},
		{"IPv6 in IPv4", [][]byte{frame(t, ip("203.0.113.1", "203.0.113.2", layers.IPProtocolIPv6), &layers.IPv6{Version: 6, HopLimit: 64,
			NextHeader: layers.IPProtocolTCP, SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}, syn(1))},
			[]string{"unclear [2001:db8::1]:1 > [2001:db8::2]:80 TCP ttl 64 length 60 SYN in " + outer + " IPv6 ttl 63 length 80"}, nil},
		{"from VXLAN's port, by chance", [][]byte{toPort(VXLANPort, 53)}, []string{"plain 192.0.2.1:4789 > 198.51.100.1:53 UDP ttl 63 length 128"}, nil},
		{"VXLAN at the kernel's port", [][]byte{frame(t, kernelVXLAN()...)}, []string{"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 1078 VNI 4096"}, nil},
		{"fragments of IPIP", ipip, []string{
			"IPIP " + inner + " in " + outer + " IPv4 ttl 63 length 620 fragment 9 at 0",
			"IPIP " + inner + " in " + outer + " IPv4 ttl 63 length 448 fragment 9 at 600",
		}, nil},
		{"fragments of VXLAN", vxlan, []string{
			"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 620 fragment 9 at 0 VNI 4096",
			"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 478 fragment 9 at 600 VNI 4096",
		}, nil},
		{"fragments of VXLAN in the other order", [][]byte{vxlan[1], vxlan[0]}, []string{
			"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 620 fragment 9 at 0 VNI 4096",
			"VXLAN " + inner + " in " + outer + " UDP ttl 63 length 478 fragment 9 at 600 VNI 4096",
		}, nil},
		{"plain fragments", plain, []string{
			"plain " + aFragment + " 620 fragment 9 at 0",
			"plain " + aFragment + " 428 fragment 9 at 600",
		}, nil},
		{"fragments inside IPIP", [][]byte{
			frame(t, inIPIP(gopacket.Payload(plain[0]))...), frame(t, inIPIP(gopacket.Payload(plain[1]))...),
		}, []string{
			"IPIP " + aFragment + " 620 fragment 9 at 0 in " + outer + " IPv4 ttl 63 length 640",
			"IPIP " + aFragment + " 428 fragment 9 at 600 in " + outer + " IPv4 ttl 63 length 448",
		}, nil},
		{"a plain fragment does not complete one in a tunnel", [][]byte{plain[0], frame(t, inIPIP(gopacket.Payload(plain[1]))...)},
			[]string{"plain " + aFragment + " 620 fragment 9 at 0"},
			[]string{"IPIP 192.0.2.1:0 > 198.51.100.1:0 UDP ttl 63 length 428 fragment 9 at 600 in " + outer + " IPv4 ttl 63 length 448"}},
		{"a fragment of IPIP without its first", ipip[1:], nil, []string{"IPIP 203.0.113.1:0 > 203.0.113.2:0 IPv4 ttl 63 length 448 fragment 9 at 600"}},
		{"a fragment of VXLAN without its first", vxlan[1:], nil, []string{"unclear 203.0.113.1:0 > 203.0.113.2:0 UDP ttl 63 length 478 fragment 9 at 600"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			complete, orphans := sequence(t, test.frames...)
			for _, check := range []struct {
				what string
				got  []Packet
				want []string
			}{{"complete", complete, test.want}, {"orphans", orphans, test.orphans}} {
				if len(check.got) != len(check.want) {
					t.Fatalf("%s: got %v, want %q", check.what, check.got, check.want)
				}
				for i, p := range check.got {
					text := string(p.Encapsulation()) + strings.TrimPrefix(p.String(), "00:00:00.000000 unknown")
					if text != check.want[i] {
						t.Errorf("%s %d:\ngot  %s\nwant %s", check.what, i, text, check.want[i])
					}
					if p.Hidden() != (p.Outer == nil && p.Encapsulation() != Plain) {
						t.Errorf("%s: hidden is %t", p, p.Hidden())
					}
				}
			}
		})
	}
}

func TestDecodeFragmentsCutShort(t *testing.T) {
	// A first fragment without the whole inner header says so, and is not taken for
	// something else.
	first := fragmentsOf(t, frame(t, inIPIP(inUDP(1000)...)...), 16)[0]
	if got, ok, err := decodePacket(first, nil); err == nil || ok {
		t.Errorf("got %s, %t, %v", got, ok, err)
	}
	// Of a long one the beginning is enough.
	long := frame(t, inVXLAN(inUDP(1300)...)...)[:captureLength]
	if got, ok, err := decodePacket(long, nil); err != nil || !ok || got.Encapsulation() != VXLAN || got.Length != 1328 {
		t.Errorf("got %s, %t, %v", got, ok, err)
	}
}
