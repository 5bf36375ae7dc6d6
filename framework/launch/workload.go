package launch

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/e2e-framework/klient"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
)

// waitForWorkload waits until each node has a ready pod of the workload.
func waitForWorkload(ctx context.Context, l lab.Lab) error {
	client, err := klient.New(l.Kubernetes())
	if err != nil {
		return fmt.Errorf("make a client for the lab's API: %w", err)
	}
	nodes := len(l.Topology().Nodes())
	var daemonSet appsv1.DaemonSet
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		if err := client.Resources().Get(ctx, fixtures.WorkloadName, fixtures.WorkloadNamespace, &daemonSet); err != nil {
			return false, err
		}
		return int(daemonSet.Status.NumberReady) == nodes, nil
	})
	if err != nil {
		return fmt.Errorf("wait for a ready pod of workload %s on each of %d nodes (%d are): %w",
			fixtures.WorkloadName, nodes, daemonSet.Status.NumberReady, err)
	}
	return nil
}
