package launch

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/e2e-framework/klient"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
)

// waitForWorkload waits until each node has a ready pod of the workload, and its Felix
// has programmed the pod, so that others reach it.
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
	return waitForFelix(ctx, l, client)
}

// waitForFelix waits until Felix has programmed the workload's pods.
func waitForFelix(ctx context.Context, l lab.Lab, client klient.Client) error {
	var pods corev1.PodList
	if err := client.Resources(fixtures.WorkloadNamespace).List(ctx, &pods, resources.WithLabelSelector(fixtures.WorkloadSelector)); err != nil {
		return fmt.Errorf("list the pods of workload %s: %w", fixtures.WorkloadName, err)
	}
	for _, pod := range pods.Items {
		node, err := l.Host(pod.Spec.NodeName)
		if err != nil {
			return err
		}
		err = wait.PollUntilContextCancel(ctx, poll, true, func(context.Context) (bool, error) {
			return observe.EndpointProgrammed(node, pod.Namespace, pod.Name)
		})
		if err != nil {
			return fmt.Errorf("wait until Felix on %s has programmed pod %s: %w", pod.Spec.NodeName, pod.Name, err)
		}
	}
	return nil
}
