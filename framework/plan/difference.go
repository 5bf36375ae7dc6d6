package plan

import (
	"slices"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// Difference is what two plans do not have in common.
type Difference struct {
	// Sessions and Routes are by host. Missing rows are the first plan's alone, unexpected
	// ones the second's.
	Sessions diff.Hosts[session.Session]
	Routes   diff.Hosts[route.Route]
	// Fates are the pairs of which one plan delivers more than the other, Ways those that
	// both deliver by different ways.
	Fates, Ways []Change
}

// Change is a pair in two plans. Of one that a plan does not have, Absent is that plan's
// number, 1 or 2.
type Change struct {
	First, Second Pair
	Absent        int
}

// Empty reports whether the plans do the same.
func (d Difference) Empty() bool {
	return len(d.Sessions)+len(d.Routes)+len(d.Fates)+len(d.Ways) == 0
}

// Compare compares two plans.
func Compare(first, second *Plan) Difference {
	d := Difference{
		Sessions: diff.Compare(first.View.Sessions, second.View.Sessions),
		Routes:   diff.Compare(first.View.Tables, second.View.Tables),
	}
	rest := second.Pairs()
	for _, a := range first.Pairs() {
		i := slices.IndexFunc(rest, func(b Pair) bool { return b.String() == a.String() })
		if i < 0 {
			d.Fates = append(d.Fates, Change{First: a, Absent: 2})
			continue
		}
		b := rest[i]
		rest = slices.Delete(rest, i, i+1)
		switch {
		case a.Fate() != b.Fate():
			d.Fates = append(d.Fates, Change{First: a, Second: b})
		case !a.Lost() && !slices.Equal(a.Lines(), b.Lines()):
			d.Ways = append(d.Ways, Change{First: a, Second: b})
		}
	}
	for _, b := range rest {
		d.Fates = append(d.Fates, Change{Second: b, Absent: 1})
	}
	return d
}

// Pair says who sends to whom.
func (c Change) Pair() string {
	if c.Absent == 1 {
		return c.Second.String()
	}
	return c.First.String()
}

// Side describes what becomes of the packets in the first plan (1) or the second (2), with a
// line for each way.
func (c Change) Side(number int) []string {
	pair := c.First
	if number == 2 {
		pair = c.Second
	}
	if c.Absent == number {
		return []string{"not in this design"}
	}
	var lines []string
	for _, line := range pair.Lines() {
		lines = append(lines, pair.Fate()+": "+line)
	}
	return lines
}
