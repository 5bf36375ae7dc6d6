package suite

import (
	"context"

	"github.com/rackproof/rackproof/framework/agreement"
	"github.com/rackproof/rackproof/framework/observe"
)

// View is the lab's present state, for a comparison with another lab.
func (l *Lab) View(ctx context.Context) (agreement.View, error) {
	var view agreement.View
	var err error
	if view.State, err = l.State(ctx); err != nil {
		return view, err
	}
	if view.Sessions, err = observe.Sessions(ctx, l.Lab); err != nil {
		return view, err
	}
	view.Tables, err = observe.KernelTables(ctx, l.Lab)
	return view, err
}
