package agreement

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

// Difference is what one host has in one lab alone.
type Difference struct {
	// Missing lines are the first lab's alone, Unexpected ones the second's.
	Missing, Unexpected []string
}

// Sessions holds the sessions of two labs against each other and returns the hosts that
// differ. Session states that are on their way to being established count as one.
func Sessions(first, second View) map[string]Difference {
	return compare(sessionLines(first), sessionLines(second))
}

// Routes holds the kernels' main tables of two labs against each other, in full, and
// returns the hosts that differ.
func Routes(first, second View) map[string]Difference {
	return compare(routeLines(first), routeLines(second))
}

// Describe prints differences host by host, in the form of route.Difference.
func Describe(differences map[string]Difference) string {
	var b strings.Builder
	for _, host := range slices.Sorted(maps.Keys(differences)) {
		fmt.Fprintf(&b, "%s:\n", host)
		for _, line := range differences[host].Missing {
			fmt.Fprintf(&b, "  - missing     %s\n", line)
		}
		for _, line := range differences[host].Unexpected {
			fmt.Fprintf(&b, "  + unexpected  %s\n", line)
		}
	}
	return b.String()
}

// lines are what hosts have, renamed, in any order.
type lines map[string][]string

func sessionLines(v View) lines {
	n, all := namesOf(v.State), lines{}
	for host, sessions := range session.Settled(v.Sessions) {
		for _, s := range sessions {
			all[host] = append(all[host], n.rename(s.String()))
		}
	}
	return all
}

func routeLines(v View) lines {
	n, all := namesOf(v.State), lines{}
	for host, table := range v.Tables {
		for _, r := range table {
			all[host] = append(all[host], inOrder(n.rename(r.String())))
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

// compare returns what the hosts of either side have that they do not have on the other.
func compare(first, second lines) map[string]Difference {
	differences := map[string]Difference{}
	hosts := maps.Clone(first)
	maps.Copy(hosts, second)
	for host := range hosts {
		d := Difference{Missing: without(first[host], second[host]), Unexpected: without(second[host], first[host])}
		if len(d.Missing)+len(d.Unexpected) > 0 {
			differences[host] = d
		}
	}
	return differences
}

// without are the lines of one side less those of the other, each as often as it is
// there more.
func without(all, other []string) []string {
	rest := slices.Clone(other)
	var left []string
	for _, line := range slices.Sorted(slices.Values(all)) {
		if i := slices.Index(rest, line); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		left = append(left, line)
	}
	return left
}
