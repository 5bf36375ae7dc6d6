package fabric

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/topology"
)

// Router is what one router of the fabric is configured to do, in no vendor's
// words.
type Router struct {
	Host     string
	Software topology.Software
	AS       uint32
	RouterID netip.Addr
	// Networks are the prefixes that the router originates.
	Networks  []netip.Prefix
	Neighbors []Neighbor
	// ForgetRestarting: the router drops a neighbour's routes as soon as the
	// session is lost, and does not keep them for one that restarts (the helper of
	// RFC 4724, which routers are unless told otherwise).
	ForgetRestarting bool
	// GracefulShutdown: the router is about to go, and asks its neighbours for their other
	// ways (RFC 8326). In its own AS it lowers LOCAL_PREF, to others it gives the community
	// GSHUT.
	GracefulShutdown bool
}

// Internal reports whether the neighbour is in the router's own AS (iBGP).
func (r Router) Internal(n Neighbor) bool { return n.AS == r.AS }

// Clone returns a copy that shares nothing with the router.
func (r Router) Clone() Router {
	r.Networks = slices.Clone(r.Networks)
	r.Neighbors = slices.Clone(r.Neighbors)
	return r
}

// Neighbor is one configured BGP neighbour of a router.
type Neighbor struct {
	// Host is the neighbour's name in the topology.
	Host    string
	Address netip.Addr
	// Local is the router's own address on the link that it shares with the
	// neighbour.
	Local netip.Addr
	AS    uint32
	// ReflectorClient makes the neighbour a route reflector client (RFC 4456).
	ReflectorClient bool
	// NextHopSelf makes the router the next hop of what it sends to the neighbour,
	// except of what it reflects.
	NextHopSelf bool
	// DefaultOriginate makes the router announce the default route to the neighbour, with
	// itself as next hop and whether it has one or not.
	DefaultOriginate bool
	// Password is that of TCP's MD5 signature (RFC 2385); empty for none.
	Password string
	// TTLSecurity is how many hops away the neighbour is at most (RFC 5082): packets
	// with a smaller TTL than that leaves are dropped, and 255 is sent. 0 is off.
	TTLSecurity int
}
