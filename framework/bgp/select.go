package bgp

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// Compare orders the paths of a prefix, the best first, by the decision
// process of RFC 4271, section 9.1.2.2, and RFC 4456, section 9, as BIRD
// (bgp_rte_better) and FRR (bgp_path_info_cmp) go through it.
func Compare(a, b Path) int {
	return cmp.Or(compareMerit(a, b), compareTie(a, b))
}

// compareMerit takes the steps down to the IGP metric, those that say something
// about the path. Paths that are equal so far share the traffic.
func compareMerit(a, b Path) int {
	if c := cmp.Compare(b.Preference, a.Preference); c != 0 || a.From == nil || b.From == nil {
		return c
	}
	return cmp.Or(
		compareBool(a.Way.Reachable(), b.Way.Reachable()),
		cmp.Compare(b.LocalPref, a.LocalPref),
		cmp.Compare(len(a.ASPath), len(b.ASPath)),
		compareBool(!a.From.Internal(), !b.From.Internal()),
		cmp.Compare(a.Way.Metric, b.Way.Metric),
	)
}

// compareTie takes the steps that only break ties. The last two are no BGP: several equal
// paths from one neighbour (RFC 7911) come in the order of their arrival. Undecided names
// where that matters.
func compareTie(a, b Path) int {
	if a.From == nil || b.From == nil {
		return compareBool(a.From == nil, b.From == nil)
	}
	return cmp.Or(
		routerID(a).Compare(routerID(b)),
		cmp.Compare(len(a.Clusters), len(b.Clusters)),
		a.From.Remote.Compare(b.From.Remote),
		a.NextHop.Compare(b.NextHop),
		slices.Compare(a.ASPath, b.ASPath),
	)
}

// arrivedAlike reports whether the order of arrival alone decides between two paths.
func arrivedAlike(a, b Path) bool {
	return a.From != nil && a.From == b.From && compareMerit(a, b) == 0 && routerID(a) == routerID(b) && len(a.Clusters) == len(b.Clusters)
}

// Undecided names the paths that speakers which have come to rest pass on by chance: a
// neighbour sends several equal ones, and the speaker sends one of them, that which arrived
// first (FRR and BIRD alike).
func Undecided(speakers []*Speaker) []string {
	var all []string
	for _, s := range speakers {
		if s.Behaviour.SendsAllPaths() {
			continue
		}
		for _, prefix := range s.Prefixes() {
			best := s.RIB[prefix][0]
			for _, other := range s.RIB[prefix][1:] {
				if arrivedAlike(best, other) && s.tells(best, other) {
					all = append(all, fmt.Sprintf("%s: %s from %s by %s or %s", s.Host.Name, prefix, best.From.Remote, best.NextHop, other.NextHop))
				}
			}
		}
	}
	return all
}

// tells reports whether a neighbour would be sent something else for one path than for
// another.
func (s *Speaker) tells(a, b Path) bool {
	return slices.ContainsFunc(s.Peers, func(to *Peer) bool {
		first, sent := s.Behaviour.Advertise(s, a, to)
		second, also := s.Behaviour.Advertise(s, b, to)
		return to.Up && (sent != also || sent && !first.equal(second))
	})
}

// routerID is the BGP identifier of the path's originator in the AS (RFC 4456,
// section 9), or of the neighbour that it came from.
func routerID(p Path) netip.Addr {
	if p.Originator.IsValid() {
		return p.Originator
	}
	return p.From.Far.Speaker.ID
}

// asGood reports whether a path carries traffic beside the best one.
func asGood(best, p Path) bool {
	return best.Way.Reachable() && compareMerit(best, p) == 0
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
