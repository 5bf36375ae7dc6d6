package oracle

import (
	"cmp"
	"net/netip"
	"slices"
)

// comparePaths orders the paths of a prefix, the best first, by the decision
// process of RFC 4271, section 9.1.2.2, and RFC 4456, section 9, as BIRD
// (bgp_rte_better) and FRR (bgp_path_info_cmp) go through it.
func comparePaths(a, b path) int {
	return cmp.Or(compareMerit(a, b), compareTie(a, b))
}

// compareMerit takes the steps down to the IGP metric, those that say something
// about the path. Paths that are equal so far share the traffic.
func compareMerit(a, b path) int {
	if c := cmp.Compare(b.preference, a.preference); c != 0 || a.from == nil || b.from == nil {
		return c
	}
	return cmp.Or(
		compareBool(a.way.reachable(), b.way.reachable()),
		cmp.Compare(b.localPref, a.localPref),
		cmp.Compare(len(a.asPath), len(b.asPath)),
		compareBool(!a.from.internal(), !b.from.internal()),
		cmp.Compare(a.way.metric, b.way.metric),
	)
}

// compareTie takes the steps that only break ties. The last two are no BGP:
// several paths from one neighbour (RFC 7911) come in the order of their arrival,
// which nothing here depends on, so any order that is always the same will do.
func compareTie(a, b path) int {
	if a.from == nil || b.from == nil {
		return compareBool(a.from == nil, b.from == nil)
	}
	return cmp.Or(
		routerID(a).Compare(routerID(b)),
		cmp.Compare(len(a.clusters), len(b.clusters)),
		a.from.remote.Compare(b.from.remote),
		a.nextHop.Compare(b.nextHop),
		slices.Compare(a.asPath, b.asPath),
	)
}

// routerID is the BGP identifier of the path's originator in the AS (RFC 4456,
// section 9), or of the neighbour that it came from.
func routerID(p path) netip.Addr {
	if p.originator.IsValid() {
		return p.originator
	}
	return p.from.far.speaker.id
}

// asGood reports whether a path carries traffic beside the best one.
func asGood(best, p path) bool {
	return best.way.reachable() && compareMerit(best, p) == 0
}

// compareBool orders what is true first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
