package suite

import (
	"context"
	"maps"

	"github.com/rackproof/rackproof/framework/oracle"
)

// State is what the oracle has to know of the lab now.
func (l *Lab) State(ctx context.Context) (oracle.State, error) {
	state, err := l.cluster.State(ctx)
	state.CutLinks, state.CutEnds = maps.Clone(l.cut), maps.Clone(l.cutEnds)
	state.Foreign = maps.Clone(l.foreign)
	state.Routers = l.Routers()
	if l.spoiled != nil && l.spoiled.spoiling.Design != nil {
		l.spoiled.spoiling.Design(&state)
	}
	return state, err
}

// CalicoVersion is the version of Calico that runs in the lab.
func (l *Lab) CalicoVersion() string { return l.calicoVersion }
