package bgp

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

// Path is one entry of a speaker's BGP table: a prefix with its BGP attributes,
// and where it came from. The attribute ORIGIN is left out: whatever a lab's speakers
// originate has IGP.
type Path struct {
	Prefix netip.Prefix
	// Preference is what the daemon ranks before it looks at any attribute: BIRD's
	// protocol preference, FRR's weight.
	Preference int
	// From is the session that the path was learned on, nil for the speaker's own.
	From *Peer
	Attributes
	// Way is how packets get to the next hop.
	Way Way
}

// Attributes are the path attributes that speakers exchange.
type Attributes struct {
	NextHop netip.Addr
	// ASPath has the nearest AS first.
	ASPath    []uint32
	LocalPref uint32
	// MED decides nothing: every speaker of a lab gives 0 or none, which rank alike.
	MED path.MED
	// Originator and Clusters are ORIGINATOR_ID and CLUSTER_LIST. The latter has the
	// nearest cluster first (RFC 4456, section 8), unless BIRD has sorted it.
	Originator netip.Addr
	Clusters   []netip.Addr
	// Communities are standard and large ones, as 65000:100 and 64512:1:2, in order.
	Communities []string
}

// Way is what a next hop comes to in the host's own routes.
type Way struct {
	Kind route.Kind
	Hops []route.NextHop
	// Metric is the IGP metric to the next hop (RFC 4271, section 9.1.2.2 e).
	Metric uint32
}

// Unreachable is the way to a next hop that cannot be resolved.
func Unreachable() Way { return Way{Kind: route.Unreachable} }

// Reachable reports whether packets get to the next hop.
func (w Way) Reachable() bool { return w.Kind == route.Unicast }

// OnLink reports whether the way leads to a connected network, without a router.
func (w Way) OnLink() bool {
	return w.Reachable() && len(w.Hops) == 1 && !w.Hops[0].Via.IsValid()
}

func (a Attributes) equal(b Attributes) bool {
	return a.NextHop == b.NextHop && slices.Equal(a.ASPath, b.ASPath) && a.LocalPref == b.LocalPref && a.MED == b.MED &&
		a.Originator == b.Originator && slices.Equal(a.Clusters, b.Clusters) && slices.Equal(a.Communities, b.Communities)
}

// sameAnnouncement reports whether two paths are the same to whom they are sent.
func sameAnnouncement(a, b Path) bool {
	return a.Prefix == b.Prefix && a.equal(b.Attributes)
}
