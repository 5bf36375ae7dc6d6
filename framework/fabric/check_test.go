package fabric

import (
	"net/netip"
	"strings"
	"testing"
)

func leaf() Router {
	return Router{
		Host:     "leaf0",
		AS:       65005,
		RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24")},
		Neighbors: []Neighbor{
			{Host: "spine0", Address: netip.MustParseAddr("10.1.10.2"), Local: netip.MustParseAddr("10.1.10.1"), AS: 500, TTLSecurity: 1},
			{Host: "spine1", Address: netip.MustParseAddr("10.1.12.2"), AS: 800, TTLSecurity: maxHops, Password: strings.Repeat("x", maxPassword)},
			{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 65005, ReflectorClient: true, NextHopSelf: true, Password: "s3cret!#'\\"},
		},
	}
}

func TestCheckAccepts(t *testing.T) {
	if err := leaf().Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Router)
		want   string
	}{
		{"no host name", func(r *Router) { r.Host = "" }, "host name"},
		{"host name of two words", func(r *Router) { r.Host = "leaf0\nlog file x" }, "host name"},
		{"no AS", func(r *Router) { r.AS = 0 }, "no AS number"},
		{"no router ID", func(r *Router) { r.RouterID = netip.Addr{} }, "router ID"},
		{"network with host bits", func(r *Router) { r.Networks[0] = netip.MustParsePrefix("10.1.5.1/24") }, "10.1.5.1/24"},
		{"IPv6 network", func(r *Router) { r.Networks[0] = netip.MustParsePrefix("fd00::/64") }, "fd00::/64"},
		{"neighbor without name", func(r *Router) { r.Neighbors[0].Host = "" }, "10.1.10.2"},
		{"IPv6 neighbor", func(r *Router) { r.Neighbors[0].Address = netip.MustParseAddr("fd00::1") }, "spine0"},
		{"own address is IPv6", func(r *Router) { r.Neighbors[0].Local = netip.MustParseAddr("fd00::1") }, "own address fd00::1"},
		{"two neighbors of one address", func(r *Router) { r.Neighbors[1].Address = r.Neighbors[0].Address }, "spine0 and spine1"},
		{"neighbor without AS", func(r *Router) { r.Neighbors[2].AS = 0 }, "worker"},
		{"client in another AS", func(r *Router) { r.Neighbors[2].AS = 65008 }, "RFC 4456"},
		{"password of two words", func(r *Router) { r.Neighbors[0].Password = "two words" }, "spine0 (10.1.10.2): the password"},
		{"password with a quote", func(r *Router) { r.Neighbors[0].Password = `a"b` }, "without quotes"},
		{"password of two lines", func(r *Router) { r.Neighbors[0].Password = "a\nb" }, "the password"},
		{"password beyond ASCII", func(r *Router) { r.Neighbors[0].Password = "pässword" }, "visible ASCII"},
		{"password too long for the kernel", func(r *Router) { r.Neighbors[0].Password += strings.Repeat("x", maxPassword+1) }, "81 bytes"},
		{"TTL security over too many hops", func(r *Router) { r.Neighbors[0].TTLSecurity = 255 }, "1 to 254"},
		{"TTL security over fewer hops than none", func(r *Router) { r.Neighbors[0].TTLSecurity = -1 }, "-1 is no number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			router := leaf()
			tt.change(&router)
			err := router.Check()
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func TestClone(t *testing.T) {
	original, copied := leaf(), leaf().Clone()
	copied.Neighbors[0].Password = "another"
	copied.Networks[0] = netip.MustParsePrefix("10.9.9.0/24")
	again := original.Clone()
	again.Neighbors[0].Password, again.Networks[0] = copied.Neighbors[0].Password, copied.Networks[0]
	if original.Neighbors[0].Password != "" || original.Networks[0] != leaf().Networks[0] {
		t.Errorf("a change of the copy changes the original: %+v", original)
	}
}
