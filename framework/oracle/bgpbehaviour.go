package oracle

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/route"
)

// daemon is what BGP implementations do each in its own way.
type daemon interface {
	// resolve finds the way to a learned path's next hop.
	resolve(s *speaker, p path) way
	// advertise makes of a path what the speaker sends to a neighbour, if anything.
	advertise(s *speaker, p path, to *peer) (attributes, bool)
	// learnedPreference is the preference of what it learns by BGP.
	learnedPreference() int
	// sendsAllPaths tells whether a neighbour is sent every path of a prefix, and
	// not just the best (RFC 7911). All daemons are configured to receive them.
	sendsAllPaths() bool
	// accepts tells whether a received path is taken into the table.
	accepts(s *speaker, prefix netip.Prefix, a attributes, from *peer) bool
	// program returns the routes that the daemon puts into the kernel.
	program(s *speaker) route.Table
}
