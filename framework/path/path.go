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
}

// String prints the path on one line.
func (p Path) String() string {
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
		slices.CompareFunc(p.ClusterList, o.ClusterList, netip.Addr.Compare), slices.Compare(p.Communities, o.Communities))
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
