package suite

import (
	"context"
	"fmt"
	"time"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/observe"
)

// settleTimeout bounds the wait for nodes to take a change back. What comes of one that
// does not is for the next spec's checks to tell.
const settleTimeout = 10 * time.Second

// undoAfter runs undo when the spec ends, and waits until the nodes' BIRDs run again
// what they run now. The next spec would find the tables that it expects otherwise
// while sessions are still about to be restarted: before a change is taken back they
// may be what they are after it.
func (l *Lab) undoAfter(undo func(context.Context)) {
	ginkgo.GinkgoHelper()
	before := l.configurations()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		changed := l.configurations()
		began := time.Now()
		undo(ctx)
		l.settle(ctx, before, changed, began)
	})
}

// configurations are those of the nodes that can be read now.
func (l *Lab) configurations() map[string]observe.BIRDConfiguration {
	all := map[string]observe.BIRDConfiguration{}
	for _, node := range l.topology.Nodes() {
		host, err := l.Host(node.Name)
		if err != nil {
			continue
		}
		if configuration, err := observe.Configuration(host); err == nil {
			all[node.Name] = configuration
		}
	}
	return all
}

// settle waits until every node whose configuration was changed runs the one before.
func (l *Lab) settle(ctx context.Context, before, changed map[string]observe.BIRDConfiguration, began time.Time) {
	for name, wanted := range before {
		if changed[name].Equal(wanted) {
			continue
		}
		host, err := l.Host(name)
		if err != nil {
			continue
		}
		err = wait.PollUntilContextTimeout(ctx, settlePoll, settleTimeout, true, func(ctx context.Context) (bool, error) {
			now, err := observe.Configuration(host)
			if err != nil || !now.Equal(wanted) {
				return false, nil
			}
			runs, err := observe.Runs(ctx, host, began)
			return err == nil && runs, nil
		})
		if err != nil {
			fmt.Fprintf(ginkgo.GinkgoWriter, "%s does not run again what it ran before the change: %v\n", name, err)
		}
	}
}

const settlePoll = 100 * time.Millisecond
