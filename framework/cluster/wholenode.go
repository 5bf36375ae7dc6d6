package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// preStopTime is how long the manifest's preStop may take: its terminationGracePeriodSeconds
// is 0, and the kubelet makes one second of that (calculateEffectiveGracePeriod in
// pkg/kubelet/pod_workers.go).
const preStopTime = time.Second

// ErrUnknownNode is the error for a node whose calico-node was never started.
var ErrUnknownNode = errors.New("no such node")

func (c *Cluster) keep(n *node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes[n.host.Name] = n
}

// nodeOf finds a node and holds it for a change of its calico-node.
func (c *Cluster) nodeOf(name string) (*node, error) {
	c.mu.Lock()
	n, ok := c.nodes[name]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, ErrUnknownNode)
	}
	n.busy.Lock()
	return n, nil
}

// EndCalicoNode ends a node's calico-node as the kubelet does when its pod is deleted, and
// returns when all its programs have ended. SIGTERM reaches runsvdir alone, which exits at
// once (runsvdir(8)). It is the first process of the container, so that the kernel kills all
// others in the same moment: none of them says goodbye.
func (c *Cluster) EndCalicoNode(ctx context.Context, name string) error {
	n, err := c.nodeOf(name)
	if err != nil {
		return err
	}
	defer n.busy.Unlock()
	preStop, cancel := context.WithTimeout(ctx, preStopTime)
	// The kubelet goes on when the hook has failed or its time is over.
	_ = n.run(preStop, "calico-shutdown", shutdownCommand()...)
	cancel()
	tasks, ctx := errgroup.WithContext(ctx)
	for service := range calicoServices() {
		tasks.Go(func() error {
			err := c.config.Supervisor.Stop(ctx, name, componentOf(service), syscall.SIGKILL)
			if errors.Is(err, supervisor.ErrUnknownComponent) {
				return nil
			}
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	// The files of the container go with it, those on the node stay.
	for _, file := range nodeBIRD().Files {
		err := n.namespaces.Do(func() error { return os.Remove(file) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: remove what confd has written: %w", name, err)
		}
	}
	return nil
}

// StartCalicoNode starts a node's calico-node again in the order of rc.local, with settings
// beside the lab's own, or instead of them. It returns when all its programs run.
func (c *Cluster) StartCalicoNode(ctx context.Context, name string, settings map[string]string) error {
	n, err := c.nodeOf(name)
	if err != nil {
		return err
	}
	defer n.busy.Unlock()
	n.settings = settings
	if err := n.prepare(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := n.retry(ctx, "calico-first-tunnel-addresses", tunnelAddressCommand()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	services := enabled(n.backend())
	for service := range calicoServices() {
		if !slices.Contains(services, service) {
			if err := c.config.Supervisor.Forget(name, componentOf(service)); err != nil {
				return err
			}
		}
	}
	for _, service := range services {
		if service == "bird" {
			continue // it needs what confd writes
		}
		if err := n.startService(service); err != nil {
			return err
		}
	}
	if slices.Contains(services, "bird") {
		return n.startBIRD(ctx)
	}
	return nil
}
