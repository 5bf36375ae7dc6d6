package oracle

import (
	"net/netip"
	"testing"
)

// Whatever a neighbour is sent must reach it when it changes.
func TestAnnouncementsThatDiffer(t *testing.T) {
	base := func() path {
		return path{
			prefix: netip.MustParsePrefix("10.244.0.0/26"),
			attributes: attributes{
				nextHop: netip.MustParseAddr("10.1.5.10"), asPath: []uint32{1}, localPref: defaultLocalPref,
				originator: netip.MustParseAddr("10.1.5.10"), clusters: []netip.Addr{netip.MustParseAddr("244.0.0.1")},
				communities: []string{"65000:100"},
			},
		}
	}
	if !sameAnnouncement(base(), base()) {
		t.Error("a path differs from itself")
	}
	for name, change := range map[string]func(*path){
		"prefix":        func(p *path) { p.prefix = netip.MustParsePrefix("10.244.0.64/26") },
		"NEXT_HOP":      func(p *path) { p.nextHop = netip.MustParseAddr("10.1.5.11") },
		"AS_PATH":       func(p *path) { p.asPath = []uint32{2} },
		"LOCAL_PREF":    func(p *path) { p.localPref++ },
		"ORIGINATOR_ID": func(p *path) { p.originator = netip.MustParseAddr("10.1.5.11") },
		"CLUSTER_LIST":  func(p *path) { p.clusters = nil },
		"COMMUNITY":     func(p *path) { p.communities = []string{"65000:200"} },
	} {
		changed := base()
		change(&changed)
		if sameAnnouncement(base(), changed) {
			t.Errorf("another %s is not noticed", name)
		}
	}
}
