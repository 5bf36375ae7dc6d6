package fabric

import "net/netip"

// Router is what one router of the fabric is configured to do, in no vendor's
// words.
type Router struct {
	Host     string
	AS       uint32
	RouterID netip.Addr
	// Networks are the prefixes that the router originates.
	Networks  []netip.Prefix
	Neighbors []Neighbor
}

// Neighbor is one configured BGP neighbour of a router.
type Neighbor struct {
	// Host is the neighbour's name in the topology.
	Host    string
	Address netip.Addr
	AS      uint32
	// ReflectorClient makes the neighbour a route reflector client (RFC 4456).
	ReflectorClient bool
	// NextHopSelf makes the router the next hop of what it sends to the neighbour,
	// except of what it reflects.
	NextHopSelf bool
}
