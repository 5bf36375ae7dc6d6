package oracle

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
)

// Absent is an end of a session that is configured and does not come up.
type Absent struct {
	Host string
	// Peer is the neighbor's address, and PeerHost the host that has it; empty if none has.
	Peer     netip.Addr
	PeerHost string
	// BGPPeer is the resource that asks for the session; empty for the mesh's sessions and
	// those of routers.
	BGPPeer string
	// Unanswered says that the other end is not configured for the session.
	Unanswered bool
	Reason     string
}

// String says who lacks which session, and why.
func (a Absent) String() string {
	peer := a.Peer.String()
	if a.PeerHost != "" {
		peer = fmt.Sprintf("%s (%s)", a.PeerHost, a.Peer)
	}
	return fmt.Sprintf("%s has no session with %s: %s", a.Host, peer, a.Reason)
}

// Absent are the ends of sessions that do not come up, in the order of the hosts' names.
func (s State) Absent() ([]Absent, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	claims := peeringTable{}
	if !s.WithoutBGP() {
		if claims, err = s.peeringTable(); err != nil {
			return nil, err
		}
	}
	var all []Absent
	tables := r.tables()
	for _, speaker := range r.speakers {
		for _, p := range speaker.Peers {
			if p.Up {
				continue
			}
			far, _ := s.Topology.HostOf(p.Remote)
			all = append(all, Absent{
				Host: speaker.Host.Name, Peer: p.Remote, PeerHost: far, BGPPeer: claims.byNode[speaker.Host.Name][p.Remote].peer,
				Unanswered: p.Far == nil, Reason: r.absence(p, far, tables),
			})
		}
	}
	return all, nil
}

// absence says why a session does not come up: the first reason in the order in which the
// two ends would meet them.
func (r solution) absence(p *bgp.Peer, far string, tables route.Tables) string {
	near := p.Speaker.Host.Name
	switch {
	case far == "":
		return "no host has this address"
	case r.gone[far]:
		return far + " is switched off"
	case p.Far == nil:
		return r.unanswered(p, far)
	case p.Password != p.Far.Password:
		return "the two ends have different passwords"
	case p.Session.PeerAS != p.Far.Session.LocalAS:
		return fmt.Sprintf("%s expects AS %d, and %s has AS %d", near, p.Session.PeerAS, far, p.Far.Session.LocalAS)
	case p.Session.LocalAS != p.Far.Session.PeerAS:
		return fmt.Sprintf("%s has AS %d, and %s expects AS %d", near, p.Session.LocalAS, far, p.Far.Session.PeerAS)
	case !agrees(p):
		return fmt.Sprintf("both ends have BGP identifier %s in one AS", p.Speaker.ID)
	}
	if reason := obstacle(p, r.network, tables); reason != "" {
		return reason
	}
	return obstacle(p.Far, r.network, tables)
}

// unanswered says what a host does that is not configured for a session.
func (r solution) unanswered(p *bgp.Peer, far string) string {
	near := p.Speaker.Host
	i := slices.IndexFunc(r.speakers, func(s *bgp.Speaker) bool { return s.Host.Name == far })
	if i < 0 {
		return far + " speaks no BGP"
	}
	for _, q := range r.speakers[i].Peers {
		if name, _ := r.network.HostOf(q.Remote); name == near.Name {
			return fmt.Sprintf("%s peers with %s from %s to %s, and not from %s to %s", far, near.Name, q.Local, q.Remote, p.Remote, p.Local)
		}
	}
	return fmt.Sprintf("%s does not peer with %s", far, near.Name)
}
