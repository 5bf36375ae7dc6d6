package expect

import (
	"context"
	"time"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
)

// VTEPs compares the far ends of the VXLAN that the nodes' kernels know with the expected
// ones. Routes that agree lead nowhere without them.
func VTEPs(l *suite.Lab) func(context.Context) (Comparison, error) {
	return func(ctx context.Context) (Comparison, error) {
		state, err := l.State(ctx)
		if err != nil {
			return Comparison{}, err
		}
		want, err := state.VTEPs()
		if err != nil {
			return Comparison{}, err
		}
		got, err := observe.VTEPs(ctx, l.Lab, l.Mode().VXLANDevice())
		if err != nil {
			return Comparison{}, err
		}
		return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
	}
}

// defaultRouteRefresh is Felix's RouteRefreshInterval where a FelixConfiguration has none.
const defaultRouteRefresh = 90 * time.Second

// RouteRefresh is the longest time between two looks of Felix for routes and VTEPs that
// the kernel has lost: the mode's routeRefreshInterval and the tenth that Felix adds by
// chance (newRefreshTicker in felix/dataplane/linux/int_dataplane.go).
func RouteRefresh(l *suite.Lab) time.Duration {
	interval := defaultRouteRefresh
	for _, felix := range l.Mode().Resources.FelixConfigurations {
		if felix.Name == "default" && felix.Spec.RouteRefreshInterval != nil {
			interval = felix.Spec.RouteRefreshInterval.Duration
		}
	}
	return interval + interval/10
}
