package suite

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/topology"
)

// PathScope selects paths that hosts have from their BGP neighbours.
type PathScope func(host topology.Host, p path.Path) bool

// EveryPath is every path of every host.
func EveryPath(topology.Host, path.Path) bool { return true }

// Paths holds the paths in scope that hosts have from their BGP neighbours, with
// their attributes, against the expected ones.
func (l *Lab) Paths(scope PathScope) func(context.Context) (Comparison, error) {
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
		want, got = l.pathsWithin(scope, want), l.pathsWithin(scope, got)
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
	}
}

func (l *Lab) pathsWithin(scope PathScope, tables path.Tables) path.Tables {
	inScope := path.Tables{}
	for _, host := range l.topology.Hosts {
		for _, p := range tables[host.Name] {
			if scope(host, p) {
				inScope[host.Name] = append(inScope[host.Name], p)
			}
		}
	}
	return inScope
}

// PathsOf are the paths that one node or router has from its BGP neighbours.
func (l *Lab) PathsOf(ctx context.Context, host string) (path.Paths, error) {
	// Errors of other hosts do not matter here.
	all, err := observe.Paths(ctx, l.Lab, l.currentRouters())
	paths, ok := all[host]
	if !ok {
		return nil, fmt.Errorf("the BGP paths of %s: %w", host, err)
	}
	return paths, nil
}
