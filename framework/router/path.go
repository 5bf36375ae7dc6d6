package router

import (
	"cmp"
	"slices"

	"github.com/rackproof/rackproof/framework/path"
)

// Path is a way to a prefix that a host has learned by BGP, in no vendor's words.
// Its ASPath is without the marks of an AS_SET, whose members stand one after the
// other.
type Path struct {
	path.Path
	// Valid reports whether the next hop is reachable.
	Valid bool
	// Stale marks a path that a router keeps for a neighbour that restarts; FRR keeps
	// some of them longer (see frr.Path). BIRD does not tell.
	Stale bool
	// Best is the path that the host prefers to all others. Where the prefix is the
	// host's own, none is.
	Best bool
	// Used is a path that traffic takes: the best one, and those with other next hops
	// that share the load with it.
	Used bool
}

// Communities joins standard and large ones.
func Communities(standard, large []string) []string {
	return slices.SortedFunc(slices.Values(slices.Concat(standard, large)), path.CompareCommunities)
}

// SortPaths orders paths as Driver.Paths returns them.
func SortPaths(paths []Path) []Path {
	first := func(p Path) int {
		if p.Best {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(paths, func(a, b Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(first(a), first(b)), a.Peer.Compare(b.Peer))
	})
	return paths
}
