package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/topology"
)

func TestInterfaceOf(t *testing.T) {
	top := &topology.Topology{
		Hosts: []topology.Host{{Name: "leaf0", Interfaces: []topology.Interface{{Name: "eth1", Link: "leaf0-spine0"}}}},
		Links: []topology.Link{{Name: "leaf0-spine0"}, {Name: "br-leaf1"}},
	}
	for _, c := range []struct{ host, link, want string }{
		{"leaf0", "leaf0-spine0", "eth1"}, {"leaf0", "eth1", "eth1"}, {"leaf0", "lo", "lo"}, {"default/app", "eth0", "eth0"},
	} {
		if got, err := interfaceOf(top, c.host, c.link); err != nil || got != c.want {
			t.Errorf("%s of %s: got %s, %v, want %s", c.link, c.host, got, err, c.want)
		}
	}
	if _, err := interfaceOf(top, "leaf0", "br-leaf1"); err == nil || !strings.Contains(err.Error(), "leaf0 is not on link br-leaf1: it is on leaf0-spine0") {
		t.Errorf("a link of others: got %v", err)
	}
}

func TestCapturePasses(t *testing.T) {
	a, b, outer := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("203.0.113.1")
	p := observe.Packet{
		Header: observe.Header{Source: a, Destination: b}, SourcePort: 40000, DestinationPort: 80,
		Outer: &observe.Header{Source: outer, Destination: netip.MustParseAddr("203.0.113.2")},
	}
	for _, c := range []struct {
		name    string
		options captureOptions
		want    bool
	}{
		{"all", captureOptions{}, true},
		{"its source", captureOptions{address: a}, true},
		{"its destination and port", captureOptions{address: b, port: 80}, true},
		{"the address around it", captureOptions{address: outer}, true},
		{"another address", captureOptions{address: netip.MustParseAddr("192.0.2.3")}, false},
		{"another port", captureOptions{address: a, port: 443}, false},
	} {
		if got := c.options.passes(p); got != c.want {
			t.Errorf("%s: got %t", c.name, got)
		}
	}
}
