package bgp

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
)

// Behaviour is what BGP implementations do each in its own way.
type Behaviour interface {
	// Resolve finds the way to a learned path's next hop.
	Resolve(s *Speaker, p Path) Way
	// Advertise makes of a path what the speaker sends to a neighbour, if anything.
	Advertise(s *Speaker, p Path, to *Peer) (Attributes, bool)
	// LearnedPreference is the preference of what it learns by BGP.
	LearnedPreference() int
	// SendsAllPaths reports whether a neighbour is sent every path of a prefix, and
	// not just the best (RFC 7911). All daemons are configured to receive them.
	SendsAllPaths() bool
	// Accepts makes of a received path what is taken into the table, if anything.
	Accepts(s *Speaker, prefix netip.Prefix, a Attributes, from *Peer) (Attributes, bool)
	// Program returns the routes that the daemon puts into the kernel.
	Program(s *Speaker) route.Table
}

// Originator is a Behaviour that announces the default route to neighbours which are
// configured to get one (Peer.DefaultOriginate), whatever its own table has.
type Originator interface {
	// Default is the path that it announces.
	Default(s *Speaker, to *Peer) Attributes
}

// Software is the operating system of a router as the oracle knows it: how it speaks
// BGP, computed and never looked up.
type Software interface {
	// Check refuses a configuration that the software cannot run, or that it would run
	// in a way that Configure does not compute. The error says what to change.
	Check(r fabric.Router) error
	// Configure gives the speaker of a router its behaviour and the paths of its own.
	// The speaker has its host, identifiers and kernel routes already, and gets its
	// peers later. Check has passed the router.
	Configure(s *Speaker, r fabric.Router)
}
