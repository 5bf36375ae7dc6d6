package wire

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/onsi/gomega/types"

	"github.com/rackproof/rackproof/framework/observe"
)

func TestPassage(t *testing.T) {
	const ipip, udp, tcp = 4, 17, 6
	at := netip.MustParseAddr
	podA, podB, nodeA, nodeB, leaf := at("192.0.2.1"), at("192.0.2.65"), at("203.0.113.1"), at("203.0.113.2"), at("203.0.113.254")
	c := Conversation{A: podA, B: podB, NodeA: nodeA, NodeB: nodeB}
	packet := func(from, to netip.Addr) observe.Packet {
		return observe.Packet{Direction: observe.Received, Header: observe.Header{Source: from, Destination: to, Protocol: tcp}}
	}
	in := func(protocol uint8, from, to netip.Addr, p observe.Packet) observe.Packet {
		p.Outer = &observe.Header{Source: from, Destination: to, Protocol: protocol}
		return p
	}
	foreign := func(p observe.Packet) observe.Packet { p.Direction = observe.Overheard; return p }
	fragment := func(protocol uint8, from, to netip.Addr) observe.Packet {
		return observe.Packet{Header: observe.Header{Source: from, Destination: to, Protocol: protocol, FragmentOffset: 1480}}
	}
	there, back := packet(podA, podB), packet(podB, podA)
	thereIPIP, backIPIP := in(ipip, nodeA, nodeB, there), in(ipip, nodeB, nodeA, back)
	thereVXLAN, backVXLAN := in(udp, nodeA, nodeB, there), in(udp, nodeB, nodeA, back)
	sessions := packet(nodeA, nodeB) // between the nodes themselves, in no tunnel

	tests := []struct {
		name                               string
		packets                            []observe.Packet
		plain, inIPIP, inVXLAN, notPassing bool
	}{
		{"plain", []observe.Packet{there, back, sessions}, true, false, false, false},
		{"IPIP", []observe.Packet{thereIPIP, sessions, backIPIP}, false, true, false, false},
		{"VXLAN", []observe.Packet{thereVXLAN, backVXLAN}, false, false, true, false},
		{"nothing", []observe.Packet{sessions}, false, false, false, true},
		{"one direction alone", []observe.Packet{thereIPIP, thereIPIP}, false, false, false, false},
		{"one direction in a tunnel, and one not", []observe.Packet{thereIPIP, back}, false, false, false, false},
		{"one packet outside of the tunnel", []observe.Packet{thereIPIP, backIPIP, there}, false, false, false, false},
		{"a plain one that was flooded", []observe.Packet{thereIPIP, backIPIP, foreign(there)}, false, true, false, false},
		{"flooded ones alone", []observe.Packet{foreign(there), foreign(back)}, false, false, false, true},
		{"a tunnel that ends on the leaf", []observe.Packet{in(ipip, nodeA, leaf, there), backIPIP}, false, false, false, false},
		{"a tunnel the other way round", []observe.Packet{in(ipip, nodeB, nodeA, there), backIPIP}, false, false, false, false},
		{"a fragment that may be anything", []observe.Packet{thereVXLAN, backVXLAN, fragment(udp, nodeA, nodeB)}, false, false, false, false},
		{"a fragment of IPIP", []observe.Packet{thereIPIP, backIPIP, fragment(ipip, nodeB, nodeA)}, false, true, false, false},
		{"a fragment of IPIP beside plain ones", []observe.Packet{there, back, fragment(ipip, nodeB, nodeA)}, false, false, false, false},
		{"a fragment between others", []observe.Packet{there, back, fragment(udp, nodeA, leaf)}, true, false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// Spread over interfaces, as equal paths spread them.
			seen := Seen{{Host: "leaf", Name: "eth1"}: nil, {Host: "leaf", Name: "eth2"}: nil}
			for i, p := range test.packets {
				end := port{Host: "leaf", Name: []string{"eth1", "eth2"}[i%2]}
				seen[end] = append(seen[end], p)
				if included := c.Includes(p); p.Source != nodeA && p.Source != nodeB && !included {
					t.Errorf("%s is not included", p)
				}
			}
			for name, check := range map[string]struct {
				matcher types.GomegaMatcher
				want    bool
			}{
				"PassPlain": {c.PassPlain(), test.plain}, "PassIn(IPIP)": {c.PassIn(observe.IPIP), test.inIPIP},
				"PassIn(VXLAN)": {c.PassIn(observe.VXLAN), test.inVXLAN}, "NotPass": {c.NotPass(), test.notPassing},
			} {
				got, err := check.matcher.Match(seen)
				if err != nil || got != check.want {
					t.Errorf("%s: got %t, %v; want %t\n%s", name, got, err, check.want, check.matcher.FailureMessage(seen))
				}
			}
		})
	}
}

func TestPassageSaysWhatIsWrong(t *testing.T) {
	at := netip.MustParseAddr
	c := Conversation{A: at("192.0.2.1"), B: at("192.0.2.65"), NodeA: at("203.0.113.1"), NodeB: at("203.0.113.2")}
	seen := Seen{{Host: "leaf", Name: "eth1"}: {{Header: observe.Header{Source: c.A, Destination: c.B}}}}
	matcher := c.PassIn(observe.IPIP)
	if ok, err := matcher.Match(seen); ok || err != nil {
		t.Errorf("a plain packet passes: %t, %v", ok, err)
	}
	message := matcher.FailureMessage(seen)
	for _, part := range []string{"in IPIP between 203.0.113.1 and 203.0.113.2", "There were 1 there and 0 back", "leaf eth1: plain, not IPIP:"} {
		if !strings.Contains(message, part) {
			t.Errorf("the message lacks %q:\n%s", part, message)
		}
	}
	for _, wrong := range []any{Seen{}, "text"} {
		if _, err := matcher.Match(wrong); err == nil {
			t.Errorf("%v gives no error", wrong)
		}
	}
}
