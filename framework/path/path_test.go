package path

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
)

func block(nextHop string) Path {
	return Path{
		Prefix: netip.MustParsePrefix("10.244.0.0/26"), Peer: netip.MustParseAddr("10.1.5.1"),
		NextHop: netip.MustParseAddr(nextHop), ASPath: []uint32{65005}, LocalPref: DefaultLocalPref,
	}
}

func TestCompare(t *testing.T) {
	reflected := block("10.1.5.11")
	reflected.OriginatorID, reflected.ClusterList = netip.MustParseAddr("10.1.5.11"), []netip.Addr{netip.MustParseAddr("244.0.0.1")}
	tagged := block("10.1.5.10")
	tagged.Communities = []string{"65000:100", "64512:1:2"}
	drained, metric := block("10.1.5.10"), block("10.1.5.11")
	drained.LocalPref, metric.MED = 0, MED{Present: true}
	unknown := block("10.1.5.10")
	unknown.Origin = Incomplete
	tests := []struct {
		name      string
		want, got Tables
		expected  string
	}{
		{name: "the same in another order", want: Tables{"a": {block("10.1.5.10"), block("10.1.5.11")}}, got: Tables{"a": {block("10.1.5.11"), block("10.1.5.10")}}},
		{name: "a host without paths", want: Tables{"a": nil}, got: Tables{}},
		{name: "another next hop, reflected", want: Tables{"a": {block("10.1.5.10")}}, got: Tables{"a": {reflected}},
			expected: "a:\n  ~ expected    10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n" +
				"    got         10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.11 AS path [65005] originator 10.1.5.11 clusters [244.0.0.1]\n"},
		{name: "communities", want: Tables{"a": {tagged}}, got: Tables{"a": {block("10.1.5.10")}},
			expected: "a:\n  ~ expected    10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005] communities 65000:100 64512:1:2\n" +
				"    got         10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n"},
		{name: "a path that is drained, and one with MED 0", want: Tables{"a": {drained, block("10.1.5.11")}}, got: Tables{"a": {block("10.1.5.10"), metric}},
			expected: "a:\n  ~ expected    10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005] local preference 0, no MED\n" +
				"    got         10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n" +
				"  ~ expected    10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.11 AS path [65005]\n" +
				"    got         10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.11 AS path [65005] local preference 100, MED 0\n"},
		{name: "an origin", want: Tables{"a": {block("10.1.5.10")}}, got: Tables{"a": {unknown}},
			expected: "a:\n  ~ expected    10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n" +
				"    got         10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005] local preference 100, no MED, ORIGIN incomplete\n"},
		{name: "the same path twice", want: Tables{"a": {block("10.1.5.10")}}, got: Tables{"a": {block("10.1.5.10"), block("10.1.5.10")}},
			expected: "a:\n  + unexpected  10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := diff.Compare(test.want, test.got).String(); got != test.expected {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.expected)
			}
		})
	}
}

func TestSelections(t *testing.T) {
	other := block("10.1.5.10")
	other.Prefix, other.Peer = netip.MustParsePrefix("10.244.1.0/26"), netip.MustParseAddr("10.1.5.2")
	all := Paths{other, block("10.1.5.11"), block("10.1.5.10")}
	text := func(paths Paths) string {
		var lines []string
		for _, p := range paths {
			lines = append(lines, p.String())
		}
		return strings.Join(lines, "\n")
	}
	first, second, third := block("10.1.5.10").String(), block("10.1.5.11").String(), other.String()
	for _, c := range []struct {
		name  string
		paths Paths
		want  []string
	}{
		{"sorted by prefix and then by next hop", all.Sorted(), []string{first, second, third}},
		{"to a prefix", all.To(other.Prefix), []string{third}},
		{"to several", all.To(other.Prefix, block("10.1.5.10").Prefix), []string{third, second, first}},
		{"to none", all.To(), nil},
		{"from a neighbour", all.From(netip.MustParseAddr("10.1.5.1")), []string{second, first}},
		{"from nobody", all.From(), nil},
	} {
		if want := strings.Join(c.want, "\n"); text(c.paths) != want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", c.name, text(c.paths), want)
		}
	}
	if text(all) != strings.Join([]string{third, second, first}, "\n") {
		t.Error("a selection has changed what it was made from")
	}
}

// Whatever differs between two paths has its say in their order, so that the same
// paths always come in the same order.
func TestSortedByEverything(t *testing.T) {
	base := block("10.1.5.10")
	for name, change := range map[string]func(*Path){
		"prefix":      func(p *Path) { p.Prefix = netip.MustParsePrefix("10.244.0.64/26") },
		"peer":        func(p *Path) { p.Peer = netip.MustParseAddr("10.1.5.2") },
		"next hop":    func(p *Path) { p.NextHop = netip.MustParseAddr("10.1.5.11") },
		"AS path":     func(p *Path) { p.ASPath = []uint32{65006} },
		"originator":  func(p *Path) { p.OriginatorID = netip.MustParseAddr("10.1.5.11") },
		"communities": func(p *Path) { p.Communities = []string{"65000:100"} },
		"local pref":  func(p *Path) { p.LocalPref++ },
		"MED":         func(p *Path) { p.MED.Present = true },
		"origin":      func(p *Path) { p.Origin = Incomplete },
	} {
		changed := base
		change(&changed)
		if got := (Paths{changed, base}).Sorted(); got[0].String() != base.String() || got[1].String() != changed.String() {
			t.Errorf("%s: sorted to %v", name, got)
		}
	}
}

func TestCompareMEDs(t *testing.T) {
	sorted := []MED{{}, {Present: true}, {Value: 5, Present: true}}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := a.Compare(b); got != cmp.Compare(i, j) {
				t.Errorf("%s and %s: got %d", a, b, got)
			}
		}
	}
}

func TestCompareCommunities(t *testing.T) {
	got := []string{"64512:1:2", "65000:200", "64512:1:1", "65000:100"}
	slices.SortFunc(got, CompareCommunities)
	if want := []string{"65000:100", "65000:200", "64512:1:1", "64512:1:2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
