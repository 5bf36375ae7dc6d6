package bgp

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/session"
)

// Peer is a speaker's end of a session.
type Peer struct {
	Speaker *Speaker
	// Local and Remote are the session's addresses, as this end has them.
	Local, Remote netip.Addr
	Session       session.Session
	// Far is the other end, nil where nobody is configured to be it.
	Far *Peer
	// Client makes the neighbour a route reflector client.
	Client bool
	// NextHopSelf makes the speaker the next hop of what it sends, NextHopKeep keeps it.
	NextHopSelf, NextHopKeep bool
	// DefaultOriginate: the neighbour is announced the default route (Originator).
	DefaultOriginate bool
	// SingleHop: the neighbour has to be on one of the host's links.
	SingleHop bool
	// GatewayDirect: next hops are looked for on the host's links alone.
	GatewayDirect bool
	// AllowedLocalAS is how often the own AS number may be in a received path.
	AllowedLocalAS int
	// Password is that of TCP's MD5 signature.
	Password string
	// TTL is that of the packets that this end sends, MinTTL the least that it takes.
	TTL, MinTTL int
	// Up reports whether the session is established.
	Up bool
	// Received are the paths that the neighbour sent and the speaker took.
	Received []Path
}

// Internal reports whether the neighbour is in the same AS.
func (p *Peer) Internal() bool { return p.Session.LocalAS == p.Session.PeerAS }
