package bgp

import "net/netip"

// Leftover is a path that a host may still have from a neighbour that has none for it now.
type Leftover struct {
	Host   string
	Peer   netip.Addr
	Prefix netip.Prefix
}

// Leaver is a Behaviour that does not withdraw what it announced before, where it fails to
// announce the path that is best now.
type Leaver interface {
	// Leaves reports whether it fails to announce a best path to a neighbour.
	Leaves(s *Speaker, best Path, to *Peer) bool
}

// Leftovers are what speakers which have come to rest may have left with their neighbours:
// whether they did depends on the order in which paths arrived.
func Leftovers(speakers []*Speaker) []Leftover {
	var all []Leftover
	for _, s := range speakers {
		leaver, ok := s.Behaviour.(Leaver)
		if !ok {
			continue
		}
		for _, prefix := range s.Prefixes() {
			for _, to := range s.Peers {
				if to.Up && leaver.Leaves(s, s.RIB[prefix][0], to) {
					all = append(all, Leftover{Host: to.Far.Speaker.Host.Name, Peer: to.Far.Remote, Prefix: prefix})
				}
			}
		}
	}
	return all
}
