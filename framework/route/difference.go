package route

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Change is a prefix that both tables have, with different routes.
type Change struct {
	Want, Got Route
}

// Difference is what stands between an expected and an observed table. Nothing
// in it is allowed: a route that is there and should not be is as wrong as one
// that is missing.
type Difference struct {
	Missing    []Route
	Unexpected []Route
	Changed    []Change
}

// Compare compares got with want. Routes to one prefix are paired by metric and then in
// order, so that a changed next hop shows as a change and not as one missing and one
// unexpected route.
func Compare(want, got Table) Difference {
	var d Difference
	byPrefix := func(t Table) map[netip.Prefix][]Route {
		m := map[netip.Prefix][]Route{}
		for _, r := range t.Sorted() {
			m[r.Prefix] = append(m[r.Prefix], r)
		}
		return m
	}
	wanted, observed := byPrefix(want), byPrefix(got)
	for prefix, ws := range wanted {
		gs := slices.Clone(observed[prefix])
		var unmatched []Route
		for _, w := range ws {
			if i := slices.IndexFunc(gs, w.Equal); i >= 0 {
				gs = slices.Delete(gs, i, i+1)
			} else {
				unmatched = append(unmatched, w)
			}
		}
		paired := min(len(unmatched), len(gs))
		for i := range paired {
			d.Changed = append(d.Changed, Change{Want: unmatched[i], Got: gs[i]})
		}
		d.Missing = append(d.Missing, unmatched[paired:]...)
		d.Unexpected = append(d.Unexpected, gs[paired:]...)
	}
	for prefix, gs := range observed {
		if _, ok := wanted[prefix]; !ok {
			d.Unexpected = append(d.Unexpected, gs...)
		}
	}
	d.Missing, d.Unexpected = Table(d.Missing).Sorted(), Table(d.Unexpected).Sorted()
	slices.SortFunc(d.Changed, func(a, b Change) int { return strings.Compare(a.Want.Prefix.String(), b.Want.Prefix.String()) })
	return d
}

// Empty reports whether the tables agree.
func (d Difference) Empty() bool {
	return len(d.Missing) == 0 && len(d.Unexpected) == 0 && len(d.Changed) == 0
}

// String lists the difference, one route a line: `-` expected and not there,
// `+` there and not expected, `~` there in another form (expected, then got).
func (d Difference) String() string {
	var b strings.Builder
	for _, r := range d.Missing {
		fmt.Fprintf(&b, "- missing     %s\n", r)
	}
	for _, r := range d.Unexpected {
		fmt.Fprintf(&b, "+ unexpected  %s\n", r)
	}
	for _, c := range d.Changed {
		fmt.Fprintf(&b, "~ expected    %s\n  got         %s\n", c.Want, c.Got)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Tables are the routes of several hosts, by host name.
type Tables map[string]Table

// CompareAll compares the hosts' tables and returns the hosts that differ. A host that
// only one side has is compared with an empty table.
func CompareAll(want, got Tables) map[string]Difference {
	differences := map[string]Difference{}
	for host := range want {
		if d := Compare(want[host], got[host]); !d.Empty() {
			differences[host] = d
		}
	}
	for host := range got {
		if _, ok := want[host]; !ok {
			if d := Compare(nil, got[host]); !d.Empty() {
				differences[host] = d
			}
		}
	}
	return differences
}

// DescribeAll prints differences host by host.
func DescribeAll(differences map[string]Difference) string {
	var b strings.Builder
	for _, host := range slices.Sorted(maps.Keys(differences)) {
		fmt.Fprintf(&b, "%s:\n  %s\n", host, strings.ReplaceAll(differences[host].String(), "\n", "\n  "))
	}
	return b.String()
}
