package agreement

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// View is what a lab looks like at one moment.
type View struct {
	// State says what is the lab's own: see namesOf.
	State    oracle.State
	Sessions session.Sessions
	Tables   route.Tables
}

// Sessions compares the sessions of two labs. A missing line is the first lab's alone, an
// unexpected one the second's. Session states that are on their way to
// being established count as one.
func Sessions(first, second View) diff.Hosts[Line] {
	return diff.Compare(sessionLines(first), sessionLines(second))
}

// Routes compares the kernels' main tables of two labs, in full.
func Routes(first, second View) diff.Hosts[Line] {
	return diff.Compare(routeLines(first), routeLines(second))
}

// Line is a session or a route with the lab's own names replaced.
type Line string

// String returns the line.
func (l Line) String() string { return string(l) }

// Compare orders lines.
func (l Line) Compare(o Line) int { return cmp.Compare(l, o) }

// Corresponds returns false: a line does not show which other line it would replace.
func (l Line) Corresponds(Line) bool { return false }

// lines are the lines of hosts, in any order.
type lines map[string][]Line

func sessionLines(v View) lines {
	n, all := namesOf(v.State), lines{}
	for host, sessions := range session.Settled(v.Sessions) {
		for _, s := range sessions {
			all[host] = append(all[host], Line(n.rename(s.String())))
		}
	}
	return all
}

func routeLines(v View) lines {
	n, all := namesOf(v.State), lines{}
	for host, table := range v.Tables {
		for _, r := range table {
			all[host] = append(all[host], Line(inOrder(n.rename(r.String()))))
		}
	}
	return all
}

// inOrder puts the next hops of a route's line in the order of their names.
func inOrder(line string) string {
	const between = " nexthop "
	parts := strings.Split(line, between)
	slices.Sort(parts[1:])
	return strings.Join(parts, between)
}
