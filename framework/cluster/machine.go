package cluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"

	"k8s.io/apimachinery/pkg/types"

	"github.com/rackproof/rackproof/framework/cluster/agent"
	"github.com/rackproof/rackproof/framework/namespace"
)

// machine is a node of the lab as its agent sees it.
type machine struct {
	cluster    *Cluster
	namespaces namespace.Set
}

var _ agent.Machine = machine{}

// PodNetworkName is the name of a pod's network namespace.
func PodNetworkName(pod types.UID) string { return "pod-" + string(pod) }

// NewPodNetwork implements agent.Machine.
func (m machine) NewPodNetwork(_ context.Context, pod types.UID) (string, error) {
	return m.cluster.config.NewPodNamespace(PodNetworkName(pod))
}

// DeletePodNetwork implements agent.Machine.
func (m machine) DeletePodNetwork(_ context.Context, pod types.UID) error {
	return m.cluster.config.DeletePodNamespace(PodNetworkName(pod))
}

// Start implements agent.Machine.
func (m machine) Start(place agent.Place, cmd *exec.Cmd) error {
	set := m.namespaces
	set.Hostname = place.Hostname
	if place.Pod != "" {
		path, err := m.cluster.config.NewPodNamespace(PodNetworkName(place.Pod))
		if err != nil {
			return err
		}
		network, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("enter the pod's network namespace: %w", err)
		}
		defer network.Close()
		set.Net = network
	}
	return m.cluster.config.Supervisor.StartCommand(set, cmd)
}

// Wait implements agent.Machine.
func (m machine) Wait(cmd *exec.Cmd) error { return m.cluster.config.Supervisor.WaitCommand(cmd) }

// DialContext implements agent.Machine.
func (m machine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return namespace.Set{Net: m.namespaces.Net}.DialContext(ctx, network, address)
}

// Listen implements agent.Machine.
func (m machine) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return namespace.Set{Net: m.namespaces.Net}.Listen(ctx, network, address)
}
