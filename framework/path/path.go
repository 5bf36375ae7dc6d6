// Package path has the words that oracle and observation share about what a BGP
// speaker has from its neighbours. Like package route it is pure.
package path

import (
	"cmp"
	"fmt"
	"maps"
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

// CompareCommunities orders standard communities before large ones.
func CompareCommunities(a, b string) int {
	return cmp.Or(cmp.Compare(strings.Count(a, ":"), strings.Count(b, ":")), cmp.Compare(a, b))
}

// Paths are the paths of a host.
type Paths []Path

// Sorted orders paths by prefix, neighbour, next hop, and what else they have.
func (p Paths) Sorted() Paths {
	return slices.SortedFunc(slices.Values(p), func(a, b Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), a.Peer.Compare(b.Peer), a.NextHop.Compare(b.NextHop), strings.Compare(a.String(), b.String()))
	})
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

// Compare holds the observed paths of hosts against the expected ones. It returns
// what differs, host by host, empty if nothing does: `-` expected and not there,
// `+` there and not expected.
func Compare(want, got Tables) string {
	hosts := map[string]bool{}
	for host := range want {
		hosts[host] = true
	}
	for host := range got {
		hosts[host] = true
	}
	var b strings.Builder
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		missing, unexpected := subtract(want[host], got[host]), subtract(got[host], want[host])
		if len(missing)+len(unexpected) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", host)
		for _, p := range missing {
			fmt.Fprintf(&b, "  - missing     %s\n", p)
		}
		for _, p := range unexpected {
			fmt.Fprintf(&b, "  + unexpected  %s\n", p)
		}
	}
	return b.String()
}

// subtract lists what a has more of than b.
func subtract(a, b Paths) []string {
	count := map[string]int{}
	for _, p := range b {
		count[p.String()]++
	}
	var left []string
	for _, p := range a.Sorted() {
		if count[p.String()] > 0 {
			count[p.String()]--
			continue
		}
		left = append(left, p.String())
	}
	return left
}
