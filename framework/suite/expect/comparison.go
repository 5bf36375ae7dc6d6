package expect

import (
	"context"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
)

// Comparison is what is expected and what was observed at one moment.
type Comparison struct {
	// Expected counts the entries that are expected: a comparison of nothing with
	// nothing proves nothing.
	Expected int
	// Difference describes what differs, host by host; empty if nothing does.
	Difference string
}

// Sessions compares the lab's BGP sessions with the expected ones.
func Sessions(l *suite.Lab) func(context.Context) (Comparison, error) {
	return func(ctx context.Context) (Comparison, error) {
		state, err := l.State(ctx)
		if err != nil {
			return Comparison{}, err
		}
		want, err := state.Sessions()
		if err != nil {
			return Comparison{}, err
		}
		got, err := observe.Sessions(ctx, l.Lab)
		if err != nil {
			return Comparison{}, err
		}
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, session.Settled(got)).String()}, nil
	}
}

// Routes compares the kernel's routes in scope with the expected ones.
func Routes(l *suite.Lab, scope Scope) func(context.Context) (Comparison, error) {
	return func(ctx context.Context) (Comparison, error) {
		state, err := l.State(ctx)
		if err != nil {
			return Comparison{}, err
		}
		want, err := state.Tables()
		if err != nil {
			return Comparison{}, err
		}
		got, err := observe.KernelTables(ctx, l.Lab)
		if err != nil {
			return Comparison{}, err
		}
		want, got = within(l, scope, want), within(l, scope, got)
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
	}
}

func within(l *suite.Lab, scope Scope, tables route.Tables) route.Tables {
	inScope := route.Tables{}
	for _, host := range l.Topology().Hosts {
		var table route.Table
		for _, r := range tables[host.Name] {
			if scope(host, r) {
				table = append(table, r)
			}
		}
		inScope[host.Name] = table
	}
	return inScope
}
