package bgp

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/path"
)

// Whatever a neighbour is sent must reach it when it changes.
func TestAnnouncementsThatDiffer(t *testing.T) {
	base := func() Path {
		return Path{
			Prefix: netip.MustParsePrefix("10.244.0.0/26"),
			Attributes: Attributes{
				NextHop: netip.MustParseAddr("10.1.5.10"), ASPath: []uint32{1}, LocalPref: path.DefaultLocalPref,
				Originator: netip.MustParseAddr("10.1.5.10"), Clusters: []netip.Addr{netip.MustParseAddr("244.0.0.1")},
				Communities: []string{"65000:100"},
			},
		}
	}
	if !sameAnnouncement(base(), base()) {
		t.Error("a path differs from itself")
	}
	for name, change := range map[string]func(*Path){
		"prefix":        func(p *Path) { p.Prefix = netip.MustParsePrefix("10.244.0.64/26") },
		"NEXT_HOP":      func(p *Path) { p.NextHop = netip.MustParseAddr("10.1.5.11") },
		"AS_PATH":       func(p *Path) { p.ASPath = []uint32{2} },
		"LOCAL_PREF":    func(p *Path) { p.LocalPref++ },
		"MED":           func(p *Path) { p.MED.Present = true },
		"ORIGINATOR_ID": func(p *Path) { p.Originator = netip.MustParseAddr("10.1.5.11") },
		"CLUSTER_LIST":  func(p *Path) { p.Clusters = nil },
		"COMMUNITY":     func(p *Path) { p.Communities = []string{"65000:200"} },
	} {
		changed := base()
		change(&changed)
		if sameAnnouncement(base(), changed) {
			t.Errorf("another %s is not noticed", name)
		}
	}
}
