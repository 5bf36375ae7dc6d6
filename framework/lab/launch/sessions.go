package launch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/session"
)

// poll is the interval of waits for which there is no event.
const poll = 100 * time.Millisecond

// waitForSessions waits until the lab has exactly the sessions that the oracle
// expects.
func waitForSessions(ctx context.Context, l lab.Lab) error {
	cluster, err := observe.NewCluster(l)
	if err != nil {
		return err
	}
	state, err := cluster.State(ctx)
	if err != nil {
		return err
	}
	want, err := state.Sessions()
	if err != nil {
		return fmt.Errorf("compute the expected sessions: %w", err)
	}
	if down := notEstablished(want); len(down) > 0 {
		return fmt.Errorf("the lab would never be ready, as these sessions of its mode cannot come up:\n  %s", strings.Join(down, "\n  "))
	}
	var last error
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		last = compareSessions(ctx, l, want)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the sessions: %w: %w", context.Cause(ctx), last)
	}
	return nil
}

// notEstablished lists the expected sessions that are not to come up.
func notEstablished(want session.Sessions) []string {
	var down []string
	for _, host := range slices.Sorted(maps.Keys(want)) {
		for _, s := range want[host] {
			if s.State != session.Established {
				down = append(down, host+": "+s.String())
			}
		}
	}
	return down
}

// compareSessions tells by an error how the lab's sessions differ from those that
// are wanted.
func compareSessions(ctx context.Context, l lab.Lab, want session.Sessions) error {
	got, err := observe.Sessions(ctx, l)
	if err != nil {
		return err
	}
	if differences := diff.Compare(want, session.Settled(got)); len(differences) > 0 {
		return fmt.Errorf("the sessions are not as expected:\n%s", differences)
	}
	return nil
}
