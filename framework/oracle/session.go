package oracle

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// pair finds the two ends of every session: each is configured for the other's
// address, and speaks from the address that the other expects.
func pair(speakers []*bgp.Speaker) {
	type ends struct{ local, remote netip.Addr }
	configured := map[ends]*bgp.Peer{}
	for _, s := range speakers {
		for _, p := range s.Peers {
			configured[ends{p.Local, p.Remote}] = p
		}
	}
	for _, p := range configured {
		p.Far = configured[ends{p.Remote, p.Local}]
	}
}

// maxTTL is the TTL that the mechanism of RFC 5082 sends, and routers to internal
// neighbours.
const maxTTL = 255

// birdMultihop is the TTL of BIRD's `multihop` without a number, as Calico's template
// has it, which is also what internal neighbours of a mesh have.
const birdMultihop = 64

// agrees reports whether both ends are configured for each other: the AS numbers are
// those that the other expects, the passwords are the same, and the BGP identifiers
// differ within an AS (RFC 6286, section 2.2).
func agrees(p *bgp.Peer) bool {
	return p.Far != nil && p.Password == p.Far.Password &&
		p.Session.PeerAS == p.Far.Session.LocalAS && p.Session.LocalAS == p.Far.Session.PeerAS &&
		(!p.Internal() || p.Speaker.ID != p.Far.Speaker.ID)
}

// reaches reports whether the end's packets get to the other end: over a common link if
// the session must not take more hops, else whichever way the tables lead. Every one of
// several ways must arrive, for the hash of a connection's ports picks one.
func reaches(p *bgp.Peer, n network, tables route.Tables) bool { return obstacle(p, n, tables) == "" }

// obstacle says why the end's packets do not get to the other end; empty if they do.
func obstacle(p *bgp.Peer, n network, tables route.Tables) string {
	from := p.Speaker.Host.Name
	if p.SingleHop && p.Speaker.Link(p.Remote) == "" {
		return fmt.Sprintf("%s has no link to %s, and this session takes no other way", from, p.Remote)
	}
	ways, err := Walk(n.Topology, tables, from, p.Remote)
	if err != nil {
		return "packets do not arrive: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	for _, way := range ways {
		// Every router on the way takes one off, and drops what comes to nothing.
		left := p.TTL - (len(way) - 2)
		if left < max(1, p.Far.MinTTL) {
			return fmt.Sprintf("packets pass %d routers (%s), and their TTL of %d does not suffice", len(way)-2, way, p.TTL)
		}
	}
	return ""
}

// refresh brings sessions up and down as the tables allow, and reports whether any
// changed.
func refresh(speakers []*bgp.Speaker, n network, tables route.Tables) bool {
	changed := false
	for _, s := range speakers {
		for _, p := range s.Peers {
			up := agrees(p) && reaches(p, n, tables) && reaches(p.Far, n, tables)
			changed = changed || up != p.Up
			p.Up = up
		}
	}
	return changed
}

// sessions are the speakers' sessions as they stand.
func sessions(speakers []*bgp.Speaker) session.Sessions {
	all := session.Sessions{}
	for _, s := range speakers {
		list := make([]session.Session, 0, len(s.Peers))
		for _, p := range s.Peers {
			end := p.Session
			if p.Up {
				end.State = session.Established
			}
			list = append(list, end)
		}
		all[s.Host.Name] = session.Sorted(list)
	}
	return all
}
