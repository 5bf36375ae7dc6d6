package suite

import (
	"context"
	"maps"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// Comparison is what is expected and what was observed at one moment.
type Comparison struct {
	// Expected counts the entries that are expected: a comparison of nothing with
	// nothing proves nothing.
	Expected int
	// Difference describes what differs, host by host; empty if nothing does.
	Difference string
}

// State is what the oracle has to know of the lab now.
func (l *Lab) State(ctx context.Context) (oracle.State, error) {
	state, err := l.cluster.State(ctx)
	state.CutLinks, state.CutEnds = maps.Clone(l.cut), maps.Clone(l.cutEnds)
	state.Routers = l.currentRouters()
	return state, err
}

// Sessions compares the lab's BGP sessions with the expected ones.
func (l *Lab) Sessions(ctx context.Context) (Comparison, error) {
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

// Routes holds the kernel's routes in scope against the expected ones.
func (l *Lab) Routes(scope Scope) func(context.Context) (Comparison, error) {
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
		want, got = l.within(scope, want), l.within(scope, got)
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
	}
}

func (l *Lab) within(scope Scope, tables route.Tables) route.Tables {
	inScope := route.Tables{}
	for _, host := range l.topology.Hosts {
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
