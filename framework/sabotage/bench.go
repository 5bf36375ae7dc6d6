package sabotage

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/e2e-framework/klient"

	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
)

// Bench is a lab at its baseline, with what reaches it.
type Bench struct {
	Lab    lab.Lab
	Calico *datastore.Store
	Client klient.Client
	// State is the lab's state at its baseline.
	State oracle.State
}

// lookTimeout bounds how long a defect may take to have its effect.
const lookTimeout = 15 * time.Second

// Appear waits until a defect is there.
func (s Spoiling) Appear(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, lookTimeout, true, func(ctx context.Context) (bool, error) {
		last = s.Present(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%s: the defect does not appear: %w", s.Target, last)
	}
	return nil
}

// together is two defects as one. The second is put in after the first, and taken out before it.
// Both have to be there, and a packet that has met one has met it. Neither has a Design.
func together(first, second Spoiling) Spoiling {
	spoiling := Spoiling{
		Target:  first.Target + ", " + second.Target,
		Put:     both(first.Put, second.Put),
		Undo:    func(ctx context.Context) error { return errors.Join(second.Undo(ctx), first.Undo(ctx)) },
		Present: both(first.Present, second.Present),
	}
	if first.Met != nil && second.Met != nil {
		spoiling.Met = func(ctx context.Context) (bool, error) {
			if met, err := first.Met(ctx); met || err != nil {
				return met, err
			}
			return second.Met(ctx)
		}
	}
	return spoiling
}

// lastNode is the node that defects of a single node take: it has no role of its own in most
// designs.
func (b *Bench) lastNode() topology.Host {
	nodes := b.Lab.Topology().Nodes()
	return nodes[len(nodes)-1]
}

// node finds a node's state.
func (b *Bench) node(name string) (oracle.Node, error) {
	i := slices.IndexFunc(b.State.Nodes, func(n oracle.Node) bool { return n.Name == name })
	if i < 0 {
		return oracle.Node{}, NoTarget("node %s is not in the cluster", name)
	}
	return b.State.Nodes[i], nil
}

// block is a block of the node that owns one.
func (b *Bench) block(name string) (netip.Prefix, error) {
	n, err := b.node(name)
	if err != nil {
		return netip.Prefix{}, err
	}
	if len(n.Blocks) == 0 {
		return netip.Prefix{}, NoTarget("node %s owns no block", name)
	}
	return n.Blocks[0], nil
}

// pod is the address of a pod on a node, from a block of the node's own.
func (b *Bench) pod(name string) (netip.Addr, error) {
	n, err := b.node(name)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, w := range n.Workloads {
		if slices.ContainsFunc(n.Blocks, func(block netip.Prefix) bool { return block.Contains(w.Address) }) {
			return w.Address, nil
		}
	}
	return netip.Addr{}, NoTarget("node %s has no pod", name)
}

// run runs a command on a host.
func (b *Bench) run(ctx context.Context, host string, argv ...string) ([]byte, error) {
	at, err := b.Lab.Host(host)
	if err != nil {
		return nil, err
	}
	runner, err := lab.RunnerOf(at)
	if err != nil {
		return nil, err
	}
	return runner.Run(ctx, argv...)
}

// leafOf is the leaf of a node's rack.
func (b *Bench) leafOf(node topology.Host) (topology.Host, error) {
	for _, leaf := range b.Lab.Topology().Leaves() {
		if leaf.Rack == node.Rack {
			return leaf, nil
		}
	}
	return topology.Host{}, NoTarget("the rack of node %s has no leaf", node.Name)
}
