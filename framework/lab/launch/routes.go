package launch

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
)

// waitForRoutes waits until the lab has exactly the routes that the oracle expects.
func waitForRoutes(ctx context.Context, l lab.Lab) error {
	cluster, err := observe.NewCluster(l)
	if err != nil {
		return err
	}
	last := errors.New("nothing has been looked at")
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		last = compareRoutes(ctx, l, cluster)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the routes: %w: %w", context.Cause(ctx), last)
	}
	return nil
}

// compareRoutes tells by an error how the lab's routes differ from those that are
// expected.
func compareRoutes(ctx context.Context, l lab.Lab, cluster *observe.Cluster) error {
	state, err := cluster.State(ctx)
	if err != nil {
		return err
	}
	want, err := state.Tables()
	if err != nil {
		return fmt.Errorf("compute the expected routes: %w", err)
	}
	got, err := observe.KernelTables(ctx, l)
	if err != nil {
		return err
	}
	if differences := diff.Compare(want, got); len(differences) > 0 {
		return fmt.Errorf("the routes are not as expected:\n%s", differences)
	}
	return nil
}
