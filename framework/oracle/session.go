package oracle

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// pair finds the two ends of every session: each is configured for the other's
// address, and speaks from the address that the other expects.
func pair(speakers []*speaker) {
	type ends struct{ local, remote netip.Addr }
	configured := map[ends]*peer{}
	for _, s := range speakers {
		for _, p := range s.peers {
			configured[ends{p.local, p.remote}] = p
		}
	}
	for _, p := range configured {
		p.far = configured[ends{p.remote, p.local}]
	}
}

// maxTTL is the TTL that the mechanism of RFC 5082 sends, and routers to internal
// neighbours.
const maxTTL = 255

// birdMultihop is the TTL of BIRD's `multihop` without a number, as Calico's template
// has it, which is also what internal neighbours of a mesh have.
const birdMultihop = 64

// agrees tells whether both ends are configured for each other: the AS numbers
// are those that the other expects, the passwords are the same, and the BGP
// identifiers differ within an AS (RFC 6286, section 2.2).
func agrees(p *peer) bool {
	return p.far != nil && p.password == p.far.password &&
		p.session.PeerAS == p.far.session.LocalAS && p.session.LocalAS == p.far.session.PeerAS &&
		(!p.internal() || p.speaker.id != p.far.speaker.id)
}

// reaches tells whether the end's packets get to the other end: over a common
// link if the session must not take more hops, else whichever way the tables
// lead. Every one of several ways must arrive, for the hash of a connection's
// ports picks one.
func reaches(p *peer, n network, tables route.Tables) bool {
	if p.singleHop && p.speaker.link(p.remote) == "" {
		return false
	}
	ways, err := Walk(n.Topology, tables, p.speaker.host.Name, p.remote)
	if err != nil {
		return false
	}
	for _, way := range ways {
		// Every router on the way takes one off, and drops what comes to nothing.
		left := p.ttl - (len(way) - 2)
		if left < max(1, p.far.minTTL) {
			return false
		}
	}
	return true
}

// refresh brings sessions up and down as the tables allow, and tells whether any
// changed.
func refresh(speakers []*speaker, n network, tables route.Tables) bool {
	changed := false
	for _, s := range speakers {
		for _, p := range s.peers {
			up := agrees(p) && reaches(p, n, tables) && reaches(p.far, n, tables)
			changed = changed || up != p.up
			p.up = up
		}
	}
	return changed
}

// sessions are the speakers' sessions as they stand.
func sessions(speakers []*speaker) session.Sessions {
	all := session.Sessions{}
	for _, s := range speakers {
		list := make([]session.Session, 0, len(s.peers))
		for _, p := range s.peers {
			end := p.session
			if p.up {
				end.State = session.Established
			}
			list = append(list, end)
		}
		all[s.host.Name] = session.Sorted(list)
	}
	return all
}
