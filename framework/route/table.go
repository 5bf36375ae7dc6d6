package route

import (
	"net/netip"
	"slices"
	"strings"
)

// Table is a host's routes.
type Table []Route

// Tables are the routes of several hosts, by host name.
type Tables map[string]Table

// Sorted returns the table in the order of Route.Compare.
func (t Table) Sorted() Table {
	return slices.SortedStableFunc(slices.Values(t), Route.Compare)
}

// Within returns the routes whose prefix lies inside one of the given prefixes.
func (t Table) Within(scope ...netip.Prefix) Table {
	var in Table
	for _, r := range t {
		if slices.ContainsFunc(scope, func(p netip.Prefix) bool { return Contains(p, r.Prefix) }) {
			in = append(in, r)
		}
	}
	return in
}

// Without returns the routes whose prefix lies inside none of the given prefixes.
func (t Table) Without(scope ...netip.Prefix) Table {
	var out Table
	for _, r := range t {
		if !slices.ContainsFunc(scope, func(p netip.Prefix) bool { return Contains(p, r.Prefix) }) {
			out = append(out, r)
		}
	}
	return out
}

// From returns the routes of the given origins.
func (t Table) From(origins ...Origin) Table {
	var in Table
	for _, r := range t {
		if slices.Contains(origins, r.Origin) {
			in = append(in, r)
		}
	}
	return in
}

// Lookup finds the route that a packet to addr takes: the longest prefix, and
// among equal prefixes the lowest metric, as the kernel chooses.
func (t Table) Lookup(addr netip.Addr) (Route, bool) {
	var best Route
	found := false
	for _, r := range t {
		if !r.Prefix.Contains(addr) {
			continue
		}
		if !found || r.Prefix.Bits() > best.Prefix.Bits() ||
			r.Prefix.Bits() == best.Prefix.Bits() && r.Metric < best.Metric {
			best, found = r, true
		}
	}
	return best, found
}

// String prints one route a line.
func (t Table) String() string {
	lines := make([]string, 0, len(t))
	for _, r := range t.Sorted() {
		lines = append(lines, r.String())
	}
	return strings.Join(lines, "\n")
}

// Contains reports whether inner lies inside outer (or is the same prefix).
func Contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
