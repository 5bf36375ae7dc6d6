// Package path has the words that oracle and observation share about what a BGP
// speaker has from its neighbours. Like package route it is pure.
package path

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Path is a path that a host has from a BGP neighbour, used or not.
type Path struct {
	Prefix netip.Prefix
	// Peer is whom the path is from.
	Peer    netip.Addr
	NextHop netip.Addr
	// ASPath has the nearest AS first.
	ASPath []uint32
	// OriginatorID and ClusterList are a route reflector's marks (RFC 4456).
	OriginatorID netip.Addr
	ClusterList  []netip.Addr
	// Communities are standard and large ones, as 65000:100 and 64512:1:2.
	Communities []string
	Origin      Origin
	// LocalPref is LOCAL_PREF, or the host's default where the path came without one: BIRD
	// gives such a path the attribute itself, and FRR prints none.
	LocalPref uint32
	MED       MED
}

// DefaultLocalPref is the LOCAL_PREF of whatever comes without one, in BIRD
// (`default bgp_local_pref`) as in FRR (`bgp default local-preference`).
const DefaultLocalPref = 100

// MED is the attribute MULTI_EXIT_DISC, which a path may have or lack. All rank a path
// without it like one with 0, and pass the two on differently. BIRD, BIRD 2 and FRR print it
// only where there is one, so that each tells the two apart.
type MED struct {
	Value   uint32
	Present bool
}

// String prints the value, or that there is none.
func (m MED) String() string {
	if !m.Present {
		return "no MED"
	}
	return fmt.Sprintf("MED %d", m.Value)
}

// Compare puts paths without the attribute first.
func (m MED) Compare(o MED) int {
	switch {
	case m.Present == o.Present:
		return cmp.Compare(m.Value, o.Value)
	case o.Present:
		return -1
	}
	return 1
}

// Preferences prints the attributes by which an AS ranks its paths. It names an ORIGIN that no
// speaker of a lab gives.
func (p Path) Preferences() string {
	text := fmt.Sprintf("local preference %d, %s", p.LocalPref, p.MED)
	if p.Origin != IGP {
		text += fmt.Sprintf(", ORIGIN %s", p.Origin)
	}
	return text
}

// String prints the path on one line. It ends with the preferences, if these are not those
// of a path that came without any.
func (p Path) String() string {
	text := p.Announcement()
	if p.LocalPref != DefaultLocalPref || p.MED.Present || p.Origin != IGP {
		text += " " + p.Preferences()
	}
	return text
}

// Announcement prints the path on one line, without the preferences.
func (p Path) Announcement() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s next hop %s AS path %v", p.Prefix, p.Peer, p.NextHop, p.ASPath)
	if p.OriginatorID.IsValid() {
		fmt.Fprintf(&b, " originator %s clusters %v", p.OriginatorID, p.ClusterList)
	}
	if len(p.Communities) > 0 {
		fmt.Fprintf(&b, " communities %s", strings.Join(p.Communities, " "))
	}
	return b.String()
}

// Compare orders paths by prefix, neighbour, next hop, and their other attributes.
func (p Path) Compare(o Path) int {
	if order := cmp.Or(p.Prefix.Compare(o.Prefix), p.Peer.Compare(o.Peer), p.NextHop.Compare(o.NextHop)); order != 0 {
		return order
	}
	return cmp.Or(slices.Compare(p.ASPath, o.ASPath), p.OriginatorID.Compare(o.OriginatorID),
		slices.CompareFunc(p.ClusterList, o.ClusterList, netip.Addr.Compare), slices.Compare(p.Communities, o.Communities),
		cmp.Compare(p.LocalPref, o.LocalPref), p.MED.Compare(o.MED), cmp.Compare(p.Origin, o.Origin))
}

// Corresponds reports whether two paths have the same prefix and neighbour.
func (p Path) Corresponds(o Path) bool { return p.Prefix == o.Prefix && p.Peer == o.Peer }

// CompareCommunities orders standard communities before large ones.
func CompareCommunities(a, b string) int {
	return cmp.Or(cmp.Compare(strings.Count(a, ":"), strings.Count(b, ":")), cmp.Compare(a, b))
}

// Paths are the paths of a host.
type Paths []Path

// Sorted returns the paths in the order of Path.Compare.
func (p Paths) Sorted() Paths {
	return slices.SortedFunc(slices.Values(p), Path.Compare)
}

// To returns the paths to some prefixes.
func (p Paths) To(prefixes ...netip.Prefix) Paths {
	return slices.DeleteFunc(slices.Clone(p), func(one Path) bool { return !slices.Contains(prefixes, one.Prefix) })
}

// From returns the paths that are from some neighbours.
func (p Paths) From(peers ...netip.Addr) Paths {
	return slices.DeleteFunc(slices.Clone(p), func(one Path) bool { return !slices.Contains(peers, one.Peer) })
}

// Tables are the paths of several hosts, by host name.
type Tables map[string]Paths
