package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/topology"
)

// endpointStatus is the folder in which Felix tells confd of its endpoints
// (EndpointStatusPathPrefix in felix/config/config_params.go).
const endpointStatus = "/var/run/calico/endpoint-status"

// startReflector starts the calico-node of a route reflector outside the cluster, with the
// services that reflect: startup, confd and BIRD. The host has neither a kubelet's agent
// nor Felix, kube-proxy and CNI.
func (c *Cluster) startReflector(ctx context.Context, host topology.Host, installed <-chan struct{}) error {
	namespaces, ok := c.config.Nodes[host.Name]
	if !ok {
		return fmt.Errorf("the lab has no namespaces for it")
	}
	files := map[string][]byte{}
	err := errors.Join(
		c.addKubeconfigs(files, map[string]identity{nodeKubeconfig: c.identities.calicoNode, AdminKubeconfig: c.identities.admin}),
		c.addConfdFiles(files))
	if err != nil {
		return err
	}
	if err := namespaces.WriteFiles(files, 0o600); err != nil {
		return fmt.Errorf("write the reflector's files: %w", err)
	}
	// confd watches what Felix writes there.
	if err := namespaces.Do(func() error { return os.MkdirAll(endpointStatus, 0o755) }); err != nil {
		return fmt.Errorf("make the folder of endpoints' states: %w", err)
	}
	if err := c.createReflector(ctx, host); err != nil {
		return err
	}
	select {
	case <-installed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	n := &node{cluster: c, host: host, namespaces: namespaces}
	if err := n.prepare(ctx); err != nil {
		return err
	}
	return n.startRouting(ctx)
}

// createReflector creates the reflector's Kubernetes Node, as an administrator has to. With
// Kubernetes as its datastore Calico's Node is that one, and Calico creates none
// (nodeClient.Create in libcalico-go/lib/backend/k8s/resources/node.go). There is nothing
// on the host for the scheduler.
func (c *Cluster) createReflector(ctx context.Context, host topology.Host) error {
	object := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: host.Name, Labels: c.config.Mode.Resources.NodeLabels(host),
			Annotations: c.calicoNode(host.Name).Annotations(),
		},
		Spec: corev1.NodeSpec{Unschedulable: true},
	}
	// An API server that has just started refuses requests until it has made its own roles.
	var last error
	err := wait.PollUntilContextTimeout(ctx, poll, controlPlaneTimeout, true, func(ctx context.Context) (bool, error) {
		_, last = c.agentClient.CoreV1().Nodes().Create(ctx, object, metav1.CreateOptions{})
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("create the reflector's Kubernetes Node: %w", errors.Join(err, last))
	}
	return nil
}
