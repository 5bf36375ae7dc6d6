package launch

import (
	"bytes"
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/e2e-framework/klient"
	"sigs.k8s.io/e2e-framework/klient/decoder"
	"sigs.k8s.io/e2e-framework/klient/k8s"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
)

// workload is the DaemonSet that every lab has.
const workload = "app"

// startWorkload creates the workload and waits until each node has a ready pod
// of it.
func startWorkload(ctx context.Context, l lab.Lab) error {
	client, err := klient.New(l.Kubernetes())
	if err != nil {
		return fmt.Errorf("make a client for the lab's API: %w", err)
	}
	manifest, err := fixtures.Workload(workload)
	if err != nil {
		return err
	}
	var daemonSet *appsv1.DaemonSet
	create := func(ctx context.Context, o k8s.Object) error {
		if d, ok := o.(*appsv1.DaemonSet); ok {
			daemonSet = d
		}
		return client.Resources().Create(ctx, o)
	}
	if err := decoder.DecodeEach(ctx, bytes.NewReader(manifest), create); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create workload %s: %w", workload, err)
	}
	if daemonSet == nil {
		return fmt.Errorf("workload %s has no DaemonSet", workload)
	}
	nodes := len(l.Topology().Nodes())
	ready := 0
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		if err := client.Resources().Get(ctx, daemonSet.Name, daemonSet.Namespace, daemonSet); err != nil {
			return false, err
		}
		ready = int(daemonSet.Status.NumberReady)
		return ready == nodes, nil
	})
	if err != nil {
		return fmt.Errorf("wait for a ready pod of workload %s on each of %d nodes (%d are): %w", workload, nodes, ready, err)
	}
	return nil
}
