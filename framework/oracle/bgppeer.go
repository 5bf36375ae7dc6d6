package oracle

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/session"
)

// peer is a speaker's end of a session.
type peer struct {
	speaker *speaker
	// local and remote are the session's addresses, as this end has them.
	local, remote netip.Addr
	session       session.Session
	// far is the other end, nil where nobody is configured to be it.
	far *peer
	// client makes the neighbour a route reflector client.
	client                   bool
	nextHopSelf, nextHopKeep bool
	// singleHop: the neighbour has to be on one of the host's links.
	singleHop bool
	// gatewayDirect: BIRD looks for next hops on the neighbour's link alone.
	gatewayDirect  bool
	allowedLocalAS int
	// password is that of TCP's MD5 signature.
	password string
	// ttl is that of the packets that this end sends, minTTL the least that it takes.
	ttl, minTTL int
	up          bool
	// received are the paths that the neighbour sent and the speaker took.
	received []path
}

func (p *peer) internal() bool { return p.session.LocalAS == p.session.PeerAS }
