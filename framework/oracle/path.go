package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
)

// path is one entry of a speaker's BGP table: a prefix with its BGP attributes,
// and where it came from. The attributes ORIGIN and MULTI_EXIT_DISC are left out:
// everything that a lab's speakers originate has the same.
type path struct {
	prefix netip.Prefix
	// preference is what the daemon ranks before it looks at any attribute: BIRD's
	// protocol preference, FRR's weight.
	preference int
	// from is the session that the path was learned on, nil for the speaker's own.
	from *peer
	attributes
	// way is how packets get to the next hop.
	way way
}

// attributes are the path attributes that speakers exchange.
type attributes struct {
	nextHop netip.Addr
	// asPath has the nearest AS first.
	asPath    []uint32
	localPref uint32
	// originator and clusters are ORIGINATOR_ID and CLUSTER_LIST. The latter has the
	// nearest cluster first (RFC 4456, section 8), unless BIRD has sorted it.
	originator netip.Addr
	clusters   []netip.Addr
	// communities are standard and large ones, as 65000:100 and 64512:1:2, in order.
	communities []string
}

// defaultLocalPref is the LOCAL_PREF of whatever comes without one, in BIRD
// (`default bgp_local_pref`) as in FRR (`bgp default local-preference`).
const defaultLocalPref = 100

// way is what a next hop comes to in the host's own routes.
type way struct {
	kind route.Kind
	hops []route.NextHop
	// metric is the IGP metric to the next hop (RFC 4271, section 9.1.2.2 e).
	metric uint32
}

// unreachable is the way to a next hop that cannot be resolved.
func unreachable() way { return way{kind: route.Unreachable} }

func (w way) reachable() bool { return w.kind == route.Unicast }

// onLink tells whether the way leads to a connected network, without a router.
func (w way) onLink() bool {
	return w.reachable() && len(w.hops) == 1 && !w.hops[0].Via.IsValid()
}

func (a attributes) equal(b attributes) bool {
	return a.nextHop == b.nextHop && slices.Equal(a.asPath, b.asPath) && a.localPref == b.localPref &&
		a.originator == b.originator && slices.Equal(a.clusters, b.clusters) && slices.Equal(a.communities, b.communities)
}

// sameAnnouncement tells whether two paths are the same to whom they are sent.
func sameAnnouncement(a, b path) bool {
	return a.prefix == b.prefix && a.equal(b.attributes)
}
