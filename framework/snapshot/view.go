package snapshot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/vtep"
)

// View is what the hosts of a lab have.
type View struct {
	Sessions session.Sessions
	Tables   route.Tables
	Paths    path.Tables
	VTEPs    vtep.Tables
}

// Expected is the view that a state must give.
func Expected(s oracle.State) (View, error) {
	var v View
	var err error
	if v.Sessions, err = s.Sessions(); err != nil {
		return View{}, err
	}
	if v.Tables, err = s.Tables(); err != nil {
		return View{}, err
	}
	if v.Paths, err = s.Paths(); err != nil {
		return View{}, err
	}
	v.VTEPs, err = s.VTEPs()
	return v, err
}

// Difference describes how a view differs from the expected one, host by host; empty if it
// does not.
func Difference(expected, seen View) string {
	var parts []string
	add := func(what, difference string) {
		if difference != "" {
			parts = append(parts, fmt.Sprintf("%s are not as expected:\n%s", what, difference))
		}
	}
	add("sessions", diff.Compare(expected.Sessions, session.Settled(seen.Sessions)).String())
	add("routes", diff.Compare(expected.Tables, seen.Tables).String())
	add("paths", diff.Compare(expected.Paths, seen.Paths).String())
	add("VTEPs", diff.Compare(expected.VTEPs, seen.VTEPs).String())
	return strings.Join(parts, "")
}

// Count is how much a view has: hosts, and rows of each kind.
type Count struct {
	Hosts, Sessions, Routes, Paths int
}

// Count counts a view's rows.
func (v View) Count() Count {
	return Count{Hosts: len(v.Tables), Sessions: diff.Count(v.Sessions), Routes: diff.Count(v.Tables), Paths: diff.Count(v.Paths)}
}

// Lines are a view's rows as text, by the kind of row and by host.
type Lines map[string]map[string][]string

// Lines writes a view's rows as lines. Two views have the same lines if they do not differ.
func (v View) Lines() Lines {
	return Lines{
		"sessions": lines(session.Settled(v.Sessions), session.Session.String), "routes": lines(inOrder(v.Tables), route.Route.String),
		"paths": lines(v.Paths, path.Path.Announcement), preferences: lines(v.Paths, preferred),
		"vteps": lines(v.VTEPs, vtep.VTEP.String),
	}
}

// preferences is the kind of the rows that have the other half of a path.
const preferences = "preferences"

// preferred writes by which attributes an AS ranks a path.
func preferred(p path.Path) string {
	return fmt.Sprintf("%s from %s next hop %s %s", p.Prefix, p.Peer, p.NextHop, p.Preferences())
}

// inOrder puts the next hops of routes in order: theirs means nothing.
func inOrder(tables route.Tables) route.Tables {
	ordered := route.Tables{}
	for host, table := range tables {
		for _, r := range table {
			r.NextHops = slices.SortedFunc(slices.Values(r.NextHops), func(a, b route.NextHop) int { return cmp.Compare(a.String(), b.String()) })
			ordered[host] = append(ordered[host], r)
		}
	}
	return ordered
}

func lines[M ~map[string]T, T ~[]R, R diff.Row[R]](tables M, line func(R) string) map[string][]string {
	all := map[string][]string{}
	for host, table := range tables {
		for _, row := range slices.SortedFunc(slices.Values(table), func(a, b R) int { return a.Compare(b) }) {
			all[host] = append(all[host], line(row))
		}
	}
	return all
}

// Difference describes how lines differ from the expected ones; empty if they do not. A
// line that is expected begins with `-`, one that is there instead with `+`.
func (l Lines) Difference(expected Lines) string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(merged(l, expected))) {
		for _, host := range slices.Sorted(maps.Keys(merged(l[kind], expected[kind]))) {
			for _, line := range without(expected[kind][host], l[kind][host]) {
				fmt.Fprintf(&b, "%s of %s: - %s\n", kind, host, line)
			}
			for _, line := range without(l[kind][host], expected[kind][host]) {
				fmt.Fprintf(&b, "%s of %s: + %s\n", kind, host, line)
			}
		}
	}
	return b.String()
}

func merged[V any](a, b map[string]V) map[string]V {
	both := maps.Clone(a)
	if both == nil {
		return b
	}
	maps.Copy(both, b)
	return both
}

// without are the lines of a list that another has not, as often as it lacks them.
func without(list, other []string) []string {
	counts := map[string]int{}
	for _, line := range other {
		counts[line]++
	}
	var left []string
	for _, line := range list {
		if counts[line]--; counts[line] < 0 {
			left = append(left, line)
		}
	}
	return left
}
