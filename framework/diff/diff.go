// Package diff compares what is expected with what is observed, host by host and row by
// row. The rows are the words of other packages: routes, sessions, paths. It is pure.
package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Row is one line of a host's table. It prints itself.
type Row[R any] interface {
	fmt.Stringer
	// Compare orders rows. It returns 0 for equal rows only.
	Compare(R) int
	// Corresponds reports whether two rows are about one thing, such as one prefix.
	// Their difference is then a change, and not one missing and one unexpected row.
	Corresponds(R) bool
}

// Change is a row that both tables have, in different forms.
type Change[R Row[R]] struct {
	Want, Got R
}

// Rows is the difference of one host's tables. Nothing in it is allowed: an unexpected
// row is as wrong as a missing one.
type Rows[R Row[R]] struct {
	Missing    []R
	Unexpected []R
	Changed    []Change[R]
}

// Hosts is the difference of several hosts' tables, by host name. It has only the hosts
// that differ.
type Hosts[R Row[R]] map[string]Rows[R]

// Compare compares the tables of several hosts. A host that only one side has is
// compared with an empty table.
func Compare[M ~map[string]T, T ~[]R, R Row[R]](want, got M) Hosts[R] {
	hosts := maps.Clone(want)
	if hosts == nil {
		hosts = M{}
	}
	maps.Copy(hosts, got)
	differences := Hosts[R]{}
	for host := range hosts {
		if d := CompareRows(want[host], got[host]); !d.Empty() {
			differences[host] = d
		}
	}
	return differences
}

// CompareRows compares the tables of one host. The order of rows does not matter; how
// often a row occurs does.
func CompareRows[T ~[]R, R Row[R]](want, got T) Rows[R] {
	var d Rows[R]
	lost, rest := unmatched(sorted(want), sorted(got))
	for _, w := range lost {
		i := slices.IndexFunc(rest, w.Corresponds)
		if i < 0 {
			d.Missing = append(d.Missing, w)
			continue
		}
		d.Changed = append(d.Changed, Change[R]{Want: w, Got: rest[i]})
		rest = slices.Delete(rest, i, i+1)
	}
	d.Unexpected = rest
	return d
}

func sorted[R Row[R]](rows []R) []R {
	return slices.SortedStableFunc(slices.Values(rows), func(a, b R) int { return a.Compare(b) })
}

// unmatched returns the rows of two sorted tables that the other one lacks.
func unmatched[R Row[R]](want, got []R) (lost, rest []R) {
	for len(want) > 0 && len(got) > 0 {
		switch order := want[0].Compare(got[0]); {
		case order == 0:
			want, got = want[1:], got[1:]
		case order < 0:
			lost, want = append(lost, want[0]), want[1:]
		default:
			rest, got = append(rest, got[0]), got[1:]
		}
	}
	return append(lost, want...), append(rest, got...)
}

// Empty reports whether the tables agree.
func (d Rows[R]) Empty() bool {
	return len(d.Missing)+len(d.Unexpected)+len(d.Changed) == 0
}

// String lists the difference, one row a line: `-` is missing, `+` is unexpected, `~` has
// changed (expected, then got).
func (d Rows[R]) String() string {
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

// String lists the differences host by host. It is empty if the tables agree.
func (d Hosts[R]) String() string {
	var b strings.Builder
	for _, host := range slices.Sorted(maps.Keys(d)) {
		fmt.Fprintf(&b, "%s:\n  %s\n", host, strings.ReplaceAll(d[host].String(), "\n", "\n  "))
	}
	return b.String()
}

// Count counts the rows of all hosts.
func Count[M ~map[string]T, T ~[]R, R any](tables M) int {
	count := 0
	for _, table := range tables {
		count += len(table)
	}
	return count
}
