package expect

import (
	"context"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// PathScope selects paths that hosts have from their BGP neighbours.
type PathScope func(host topology.Host, p path.Path) bool

// EveryPath is every path of every host.
func EveryPath(topology.Host, path.Path) bool { return true }

// Paths compares the paths in scope that hosts have from their BGP neighbours, with
// their attributes, with the expected ones.
func Paths(l *suite.Lab, scope PathScope) func(context.Context) (Comparison, error) {
	return func(ctx context.Context) (Comparison, error) {
		state, err := l.State(ctx)
		if err != nil {
			return Comparison{}, err
		}
		want, err := state.Paths()
		if err != nil {
			return Comparison{}, err
		}
		got, err := observe.Paths(ctx, l.Lab, state.Routers)
		if err != nil {
			return Comparison{}, err
		}
		if got, err = state.WithoutLeftovers(got); err != nil {
			return Comparison{}, err
		}
		want, got = pathsWithin(l, scope, want), pathsWithin(l, scope, got)
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
	}
}

func pathsWithin(l *suite.Lab, scope PathScope, tables path.Tables) path.Tables {
	inScope := path.Tables{}
	for _, host := range l.Topology().Hosts {
		for _, p := range tables[host.Name] {
			if scope(host, p) {
				inScope[host.Name] = append(inScope[host.Name], p)
			}
		}
	}
	return inScope
}
