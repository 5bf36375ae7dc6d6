package oracle

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/topology"
)

// contested names sessions over which chance decides: a host connects to an address of
// another one that has a neighbor of its address at another of its own. BIRD and FRR find
// the neighbor of a connection by its source alone (bgp_find_proto, peer_lookup), so that
// it may take the place of the session that both ends mean, whichever comes first.
func contested(speakers []*bgp.Speaker) []string {
	var found []string
	for _, s := range speakers {
		for _, p := range s.Peers {
			if p.Far != nil {
				continue
			}
			for _, other := range speakers {
				if other == s || !has(other.Host, p) {
					continue
				}
				for _, q := range other.Peers {
					if q.Remote == p.Local && q.Password == p.Password && q.Session.PeerAS == p.Session.LocalAS && q.Session.LocalAS == p.Session.PeerAS {
						found = append(found, fmt.Sprintf("%s: the session of %s with %s, as %s connects to %s too", other.Host.Name, q.Local, q.Remote, s.Host.Name, p.Remote))
					}
				}
			}
		}
	}
	return found
}

// has reports whether the remote end of a session is an address of a host.
func has(host *topology.Host, p *bgp.Peer) bool {
	for _, i := range host.Interfaces {
		for _, address := range i.Addresses {
			if address.Addr() == p.Remote {
				return true
			}
		}
	}
	return false
}
