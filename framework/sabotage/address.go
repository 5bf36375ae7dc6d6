package sabotage

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// addresses are defects of who has which address.
func addresses() []Defect {
	return []Defect{
		{
			ID: "address-router-id", Kind: Address, What: "a node's BIRD has the BGP identifier of another address",
			Red: []string{"MESH-002|LEAF-015|NRR-012|RRR-018"}, Green: []string{"traffic"},
			Aim: wrongRouterID,
		},
		{
			ID: "address-wrong-node-ip", Kind: Address, What: "a node's IP in the cluster is that of its management network",
			Red: []string{"sessions"},
			Aim: wrongNodeIP,
		},
		{
			ID: "address-block-twice", Kind: Address, What: "a node announces the block of another node as its own",
			Red: []string{"MESH-060|LEAF-013|NRR-016|RRR-018|TOR-011|SVC-001|LOC-001|AGR-002|VXL-030"}, Green: []string{"sessions"},
			Aim: blockTwice,
		},
		{
			ID: "address-router-id-twice", Kind: Address, What: "a router has the BGP identifier of a neighbour in its own AS",
			Red: []string{"sessions"},
			Aim: routerIDTwice,
		},
	}
}

// wrongNodeIP gives a node its management address as node IP, by a resource.
func wrongNodeIP(b *Bench) (Spoiling, error) {
	host := b.lastNode()
	node, err := b.node(host.Name)
	if err != nil {
		return Spoiling{}, err
	}
	before, err := b.Calico.NodeAnnotation(context.Background(), host.Name, calico.IPv4AddressAnnotation)
	if err != nil || before == nil {
		return Spoiling{}, NoTarget("node %s has no node IP in the cluster: %v", host.Name, err)
	}
	wrong := netip.PrefixFrom(host.Management, b.Lab.Topology().Management.Prefix.Bits())
	annotate := func(value string) func(context.Context) error {
		return func(ctx context.Context) error {
			return b.Calico.AnnotateNode(ctx, host.Name, calico.IPv4AddressAnnotation, &value)
		}
	}
	return Spoiling{
		Target: host.Name, Put: annotate(wrong.String()), Undo: annotate(*before),
		Present: func(ctx context.Context) error {
			now, err := b.Calico.NodeAnnotation(ctx, host.Name, calico.IPv4AddressAnnotation)
			if err == nil && (now == nil || *now != wrong.String()) {
				err = fmt.Errorf("node %s has another node IP", host.Name)
			}
			if err != nil {
				return err
			}
			if err := b.sessionsDiffer(ctx); err != nil {
				return err
			}
			return b.routerIDIs(host.Name, host.Management)(ctx)
		},
		Design: func(state *oracle.State) {
			state.Nodes = slices.Clone(state.Nodes)
			for i := range state.Nodes {
				if state.Nodes[i].Name == host.Name {
					state.Nodes[i].Subnet = node.Subnet
				}
			}
		},
	}, nil
}

// sessionsDiffer expects the sessions to be others than the design's.
func (b *Bench) sessionsDiffer(ctx context.Context) error {
	want, err := b.State.Sessions()
	if err != nil {
		return err
	}
	got, err := observe.Sessions(ctx, b.Lab)
	if err != nil {
		return err
	}
	if len(diff.Compare(want, session.Settled(got))) == 0 {
		return errors.New("the sessions are those of the design")
	}
	return nil
}

// sessionsAgree expects the sessions to be those of the design, but for those between some
// hosts.
func (b *Bench) sessionsAgree(except ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		want, err := b.State.Sessions()
		if err != nil {
			return err
		}
		got, err := observe.Sessions(ctx, b.Lab)
		if err != nil {
			return err
		}
		outside := func(all session.Sessions) session.Sessions {
			left := session.Sessions{}
			for host, list := range all {
				left[host] = slices.DeleteFunc(slices.Clone(list), func(s session.Session) bool {
					peer, _ := b.Lab.Topology().HostOf(s.Peer)
					return slices.Contains(except, host) && slices.Contains(except, peer)
				})
			}
			return left
		}
		if difference := diff.Compare(outside(want), outside(session.Settled(got))); len(difference) > 0 {
			return fmt.Errorf("the sessions are not those of the design: %s", difference)
		}
		return nil
	}
}

// both expects two things.
func both(one, other func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := one(ctx); err != nil {
			return err
		}
		return other(ctx)
	}
}

// blockTwice has the last node's BIRD originate the block of the first node.
func blockTwice(b *Bench) (Spoiling, error) {
	block, err := b.block(b.Lab.Topology().Nodes()[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	return b.originates(b.lastNode(), block), nil
}

// originates has a node's BIRD originate a prefix as confd has it originate a block.
func (b *Bench) originates(node topology.Host, prefix netip.Prefix) Spoiling {
	spoiling := b.edited(node, aggregationFile, originateScript(prefix, "blackhole", "accept"), prefix.String())
	spoiling.Target = fmt.Sprintf("%s by %s", prefix, node.Name)
	spoiling.Present = func(ctx context.Context) error {
		exports, err := b.exports(ctx, node.Name)
		if err == nil && !slices.Contains(exports, prefix) {
			err = fmt.Errorf("%s exports %v, and not %s", node.Name, exports, prefix)
		}
		return err
	}
	return spoiling
}

// routerIDTwice gives a leaf the identifier of a router that it peers with.
func routerIDTwice(b *Bench) (Spoiling, error) {
	for _, router := range slices.Backward(b.State.Routers) {
		for _, n := range router.Neighbors {
			for _, other := range b.State.Routers {
				if other.Host == n.Host && router.Internal(n) {
					return b.routerChanged(router.Clone(), router.Host, func(r *fabric.Router) { r.RouterID = other.RouterID },
						both(b.runsOtherThan(router), b.sessionsAgree(router.Host, n.Host)))
				}
			}
			// With a node in the same AS the session does not come up (RFC 6286).
			if host, ok := b.Lab.Topology().Host(n.Host); ok && host.Role == topology.Node && router.Internal(n) {
				return b.routerChanged(router.Clone(), router.Host, func(r *fabric.Router) { r.RouterID = host.Address() },
					both(b.runsOtherThan(router), b.sessionsAgree(router.Host, n.Host)))
			}
		}
	}
	return Spoiling{}, NoTarget("no router has a session in its own AS")
}

// wrongRouterID gives a node's BIRD its management address as BGP identifier.
func wrongRouterID(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	wrong := node.Management
	spoiling := b.edited(node, birdFile, fmt.Sprintf(`s/^router id .*/router id %s;/`, wrong), wrong.String())
	// A change of the identifier ends the sessions, and they come back.
	spoiling.Present = both(b.routerIDIs(node.Name, wrong), b.sessionsAgree())
	return spoiling, nil
}

func (b *Bench) routerIDIs(node string, id netip.Addr) func(context.Context) error {
	return func(ctx context.Context) error {
		return b.withBIRD(ctx, node, func(client *bird.Client) error {
			status, err := client.Status(ctx)
			if err == nil && status.RouterID != id {
				err = fmt.Errorf("BIRD on %s has the identifier %s", node, status.RouterID)
			}
			return err
		})
	}
}
