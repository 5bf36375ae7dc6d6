package sabotage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
)

// sessions are defects of BGP sessions.
func sessions() []Defect {
	return []Defect{
		{
			ID: "session-wrong-as", Kind: Session, What: "a router expects another AS number of a node",
			Red: []string{"sessions", "routes"},
			Aim: neighborChanged(down, func(n *fabric.Neighbor) { n.AS++; n.ReflectorClient = false }),
		},
		{
			ID: "session-node-as", Kind: Session, What: "a node has an AS number that its design does not give it",
			Red: []string{"sessions"},
			Aim: wrongNodeAS,
		},
		{
			ID: "session-password", Kind: Session, What: "a router has a password for its session with a node, and the node has none",
			Red: []string{"sessions", "routes"},
			Aim: neighborChanged(down, func(n *fabric.Neighbor) { n.Password += "wrong" }),
		},
		{
			ID: "session-ttl", Kind: Session, What: "a router takes a node's packets with a TTL of 255 alone, and the node sends another one",
			Red: []string{"sessions", "routes"},
			Aim: neighborChanged(down, func(n *fabric.Neighbor) { n.TTLSecurity = 1 }),
		},
		{
			ID: "session-shut", Kind: Session, What: "one BGP session of a node's BIRD is switched off",
			Red: []string{"sessions"},
			Aim: sessionShut,
		},
		{
			ID: "session-refused", Kind: Session, What: "a node refuses every TCP connection of BGP",
			Red: []string{"sessions", routesByBGP, "RRR-050", "RRR-051", "IPIP-080", "IPIP-081", "IPIP-084", "MSW-002|MSW-021", "MSW-011", "MSW-030", "MSW-031", "TOR-141",
				"NODE-001", "NODE-002", "NODE-003", "NODE-004", "NODE-005", "NODE-006", "NODE-020", "NODE-021", "NODE-022"},
			Aim: sessionsRefused,
		},
		{
			ID: "session-both-open", Kind: Session, What: "the first node's BIRD connects to nodes of the mesh for which it has to wait",
			Red: []string{"MESH-005"},
			Aim: bothOpen,
		},
		{
			ID: "session-frozen", Kind: Session, What: "a node's BIRD lives and does nothing",
			Red: []string{"sessions", "MSW-022"},
			Aim: func(b *Bench) (Spoiling, error) { return b.frozen(b.lastNode(), birdComponent) },
		},
		{
			ID: "session-extra", Kind: Session, What: "a BGPPeer names a neighbour that is not there",
			Red: []string{"sessions"}, Green: []string{"routes"},
			Aim: sessionExtra,
		},
		{
			ID: "session-missing", Kind: Session, What: "a router knows nothing of one of its nodes",
			Red: []string{"sessions", "routes"},
			Aim: sessionMissing,
		},
		{
			ID: "session-hold-time", Kind: Session, What: "a router waits minutes for a node that says nothing",
			Red: []string{"RRR-046|TOR-090"}, Green: []string{"sessions", "routes"},
			Aim: longHoldTime,
		},
	}
}

// routesByBGP is a choice of one requirement of each suite in whose mode BGP tells of the nodes'
// blocks. Where Felix makes the routes, it is one about what nodes tell each other.
const routesByBGP = "MESH-014|LEAF-013|NRR-016|RRR-018|TOR-011|SVC-001|LOC-001|AGR-002|VXL-030|IPIP-032"

// wrongNodeAS gives a node another AS number by a resource.
func wrongNodeAS(b *Bench) (Spoiling, error) {
	name := b.lastNode().Name
	node, err := b.node(name)
	if err != nil {
		return Spoiling{}, err
	}
	as := node.AS
	if as == 0 {
		as = b.State.Resources.DefaultAS()
	}
	wrong := strconv.FormatUint(uint64(as)+1000, 10)
	annotate := func(ctx context.Context, value *string) error {
		return b.Calico.AnnotateNode(ctx, name, calico.ASNumberAnnotation, value)
	}
	return Spoiling{
		Target: name,
		Put:    func(ctx context.Context) error { return annotate(ctx, &wrong) },
		Undo: func(ctx context.Context) error {
			if node.AS == 0 {
				return annotate(ctx, nil)
			}
			text := strconv.FormatUint(uint64(node.AS), 10)
			return annotate(ctx, &text)
		},
		Present: b.hasAS(name, as+1000),
		Design: func(state *oracle.State) {
			state.Nodes = slices.Clone(state.Nodes)
			for i := range state.Nodes {
				if state.Nodes[i].Name == name && state.Nodes[i].AS == as+1000 {
					state.Nodes[i].AS = node.AS
				}
			}
		},
	}, nil
}

// hasAS expects a node's neighbours to expect an AS number of it: another node where the design
// has a session between the two, else the node itself.
func (b *Bench) hasAS(name string, as uint32) func(context.Context) error {
	node, _ := b.Lab.Topology().Host(name)
	all, _ := b.State.Sessions()
	for _, other := range b.Lab.Topology().Nodes() {
		is := func(s session.Session) bool { return s.Peer == node.Address() }
		if other.Name != name && slices.ContainsFunc(all[other.Name], is) {
			return b.sessionIs(other.Name, func(s session.Session) bool { return is(s) && s.PeerAS == as })
		}
	}
	return b.sessionIs(name, func(s session.Session) bool { return s.LocalAS == as })
}

// extraPeer is the name of a BGPPeer that nobody asked for.
const extraPeer = "sabotage-extra"

// sessionExtra has a node peer with an unused address of its management network.
func sessionExtra(b *Bench) (Spoiling, error) {
	node := b.lastNode().Name
	nobody := b.extraNeighbour()
	peer := v3.BGPPeer{ObjectMeta: metav1.ObjectMeta{Name: extraPeer}, Spec: v3.BGPPeerSpec{
		Node: node, PeerIP: nobody.String(), ASNumber: numorstring.ASNumber(b.State.Resources.DefaultAS()),
	}}
	return Spoiling{
		Target: fmt.Sprintf("%s to %s", node, nobody),
		Put: func(ctx context.Context) error {
			return b.Calico.Apply(ctx, calico.Resources{BGPPeers: []v3.BGPPeer{peer}})
		},
		Undo:    func(ctx context.Context) error { return b.Calico.DeleteBGPPeer(ctx, extraPeer) },
		Present: b.sessionIs(node, func(s session.Session) bool { return s.Peer == nobody }),
		Design: func(state *oracle.State) {
			state.Resources.BGPPeers = slices.DeleteFunc(slices.Clone(state.Resources.BGPPeers), func(p v3.BGPPeer) bool { return p.Name == extraPeer })
		},
	}, nil
}

// extraNeighbour is the unused address that sessionExtra makes a neighbour.
func (b *Bench) extraNeighbour() netip.Addr { return lastAddress(b.Lab.Topology().Management.Prefix) }

// lastAddress is the last address of a prefix before its broadcast address.
func lastAddress(p netip.Prefix) netip.Addr {
	address := p.Masked().Addr()
	for next := address.Next(); p.Contains(next.Next()); next = next.Next() {
		address = next
	}
	return address
}

// sessionMissing removes a node from a router's neighbours.
func sessionMissing(b *Bench) (Spoiling, error) {
	router, at, err := b.peering()
	if err != nil {
		return Spoiling{}, err
	}
	peer := router.Neighbors[at].Address
	return b.routerChanged(router, fmt.Sprintf("%s without %s", router.Host, router.Neighbors[at].Host),
		func(r *fabric.Router) { r.Neighbors = slices.Delete(r.Neighbors, at, at+1) },
		b.noSession(router.Host, peer))
}

// sessionIs expects a host to have a session of a kind.
func (b *Bench) sessionIs(host string, is func(session.Session) bool) func(context.Context) error {
	return func(ctx context.Context) error {
		seen, err := observe.SessionsOf(ctx, b.Lab, host)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(seen, is) {
			return fmt.Errorf("%s has the sessions %v", host, seen)
		}
		return nil
	}
}

// noSession expects a host to know nothing of a neighbour.
func (b *Bench) noSession(host string, neighbour netip.Addr) func(context.Context) error {
	return func(ctx context.Context) error {
		seen, err := observe.SessionsOf(ctx, b.Lab, host)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(seen, func(s session.Session) bool { return s.Peer == neighbour }) {
			return fmt.Errorf("%s knows %s", host, neighbour)
		}
		return nil
	}
}

// down is a session that is not established.
func down(s session.Session) bool { return s.State != session.Established }

// neighborChanged changes what a router is configured to do with one node. The node is the
// last one that a router of the fabric has a session with. seen is how the session is then.
func neighborChanged(seen func(session.Session) bool, change func(*fabric.Neighbor)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		router, at, err := b.peering()
		if err != nil {
			return Spoiling{}, err
		}
		peer := router.Neighbors[at].Address
		return b.routerChanged(router, fmt.Sprintf("%s to %s", router.Host, router.Neighbors[at].Host),
			func(r *fabric.Router) { change(&r.Neighbors[at]) },
			b.sessionIs(router.Host, func(s session.Session) bool { return s.Peer == peer && seen(s) }))
	}
}

// peering finds the last session of a router of the fabric with a node.
func (b *Bench) peering() (fabric.Router, int, error) {
	for _, node := range slices.Backward(b.Lab.Topology().Nodes()) {
		for _, router := range b.State.Routers {
			if i := slices.IndexFunc(router.Neighbors, func(n fabric.Neighbor) bool { return n.Host == node.Name }); i >= 0 {
				return router.Clone(), i, nil
			}
		}
	}
	return fabric.Router{}, 0, NoTarget("no router of the fabric has a session with a node")
}

// withBIRD connects to a node's BIRD.
func (b *Bench) withBIRD(ctx context.Context, node string, do func(*bird.Client) error) error {
	at, err := b.Lab.Host(node)
	if err != nil {
		return err
	}
	client, err := observe.BIRD(ctx, at, route.IPv4)
	if err != nil {
		return err
	}
	defer client.Close()
	return do(client)
}

// sessionShut disables one session of a node's BIRD through its control socket.
func sessionShut(b *Bench) (Spoiling, error) {
	node := b.lastNode().Name
	// The protocol's name: one that is disabled shows no peer.
	var shut string
	return Spoiling{
		Target: "the first session of " + node,
		Put: func(ctx context.Context) error {
			return b.withBIRD(ctx, node, func(client *bird.Client) error {
				if shut == "" {
					protocols, err := client.Protocols(ctx)
					if err != nil {
						return err
					}
					i := slices.IndexFunc(protocols, func(p bird.Protocol) bool { return p.Session.State == session.Established })
					if i < 0 {
						return fmt.Errorf("BIRD on %s has no established session", node)
					}
					shut = protocols[i].Name
				}
				_, err := client.Command(ctx, "disable "+shut)
				return err
			})
		},
		Undo: func(ctx context.Context) error {
			if shut == "" {
				return nil
			}
			return b.withBIRD(ctx, node, func(client *bird.Client) error {
				_, err := client.Command(ctx, "enable "+shut)
				return err
			})
		},
		Present: func(ctx context.Context) error {
			return b.withBIRD(ctx, node, func(client *bird.Client) error {
				protocols, err := client.Protocols(ctx)
				if err == nil && !slices.ContainsFunc(protocols, func(p bird.Protocol) bool { return p.Name == shut && p.Session.State == session.Down }) {
					err = fmt.Errorf("BIRD on %s has not switched off %q", node, shut)
				}
				return err
			})
		},
	}, nil
}

// sessionsRefused answers BGP's connections to and from a node by a reset.
func sessionsRefused(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	spoiling, err := b.filterRule("BGP of "+node.Name, "filter", "INPUT", b.Lab.Topology().Nodes()[len(b.Lab.Topology().Nodes())-1:],
		"-p", "tcp", "-m", "multiport", "--ports", strconv.Itoa(session.Port), "-j", "REJECT", "--reject-with", "tcp-reset")
	if err != nil {
		return Spoiling{}, err
	}
	refuse := spoiling.Put
	spoiling.Put = func(ctx context.Context) error {
		// Those that are up would notice with the next keepalive alone.
		return errors.Join(refuse(ctx), b.restartSessions(ctx, node.Name, func(bird.Protocol) bool { return true }))
	}
	spoiling.Present = both(spoiling.Present, func(ctx context.Context) error {
		seen, err := observe.SessionsOf(ctx, b.Lab, node.Name)
		if err == nil && (len(seen) == 0 || slices.ContainsFunc(seen, func(s session.Session) bool { return !down(s) })) {
			err = fmt.Errorf("%s has the sessions %v", node.Name, seen)
		}
		return err
	})
	return spoiling, nil
}

// bothOpen takes `passive on` from the sessions of the first node, whose address is the least.
func bothOpen(b *Bench) (Spoiling, error) {
	if !b.meshed() {
		return Spoiling{}, NoTarget("nodes have no sessions with all nodes")
	}
	const open = "passive off;"
	return b.edited(b.Lab.Topology().Nodes()[0], birdFile, "s/passive on;/"+open+"/", open), nil
}

// longHoldTime gives FRR on the router of the first node a hold time with all of its nodes that
// is 60 times that of the design.
func longHoldTime(b *Bench) (Spoiling, error) {
	const hold = 180
	first := b.Lab.Topology().Nodes()[0].Name
	i := slices.IndexFunc(b.State.Routers, func(r fabric.Router) bool {
		return slices.ContainsFunc(r.Neighbors, func(n fabric.Neighbor) bool { return n.Host == first })
	})
	if i < 0 {
		return Spoiling{}, NoTarget("no router of the fabric has a session with %s", first)
	}
	router := b.State.Routers[i].Clone()
	put := []string{fmt.Sprintf("router bgp %d", router.AS)}
	undo := slices.Clone(put)
	var nodes []string
	for _, n := range router.Neighbors {
		if _, err := b.node(n.Host); err != nil {
			continue // another router
		}
		nodes = append(nodes, n.Host)
		put = append(put, fmt.Sprintf("neighbor %s timers %d %d", n.Address, hold/3, hold))
		undo = append(undo, fmt.Sprintf("no neighbor %s timers", n.Address))
	}
	spoiling, err := b.frrSaid(router, put, undo, func(ctx context.Context) error {
		var all map[string]json.RawMessage
		if err := b.decode(ctx, &all, router.Host, "vtysh", "-c", "show bgp neighbors json"); err != nil {
			return err
		}
		for _, n := range router.Neighbors {
			if !slices.Contains(nodes, n.Host) {
				continue
			}
			var neighbor struct {
				Hold int `json:"bgpTimerHoldTimeMsecs"`
			}
			if err := json.Unmarshal(all[n.Address.String()], &neighbor); err != nil {
				return fmt.Errorf("read the neighbour %s of %s: %w", n.Host, router.Host, err)
			}
			if neighbor.Hold != hold*1000 {
				return fmt.Errorf("%s has a hold time of %d ms with %s", router.Host, neighbor.Hold, n.Host)
			}
		}
		return nil
	})
	if err != nil {
		return Spoiling{}, err
	}
	// The two ends agree on a hold time when their session begins.
	renewed := func(say func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := say(ctx); err != nil {
				return err
			}
			for _, node := range nodes {
				if err := b.restartSessions(ctx, node, func(bird.Protocol) bool { return true }); err != nil {
					return err
				}
			}
			return nil
		}
	}
	spoiling.Put, spoiling.Undo = renewed(spoiling.Put), renewed(spoiling.Undo)
	spoiling.Present = both(spoiling.Present, b.sessionsAgree())
	return spoiling, nil
}

// restartSessions restarts BGP protocols of a node's BIRD.
func (b *Bench) restartSessions(ctx context.Context, node string, which func(bird.Protocol) bool) error {
	return b.withBIRD(ctx, node, func(client *bird.Client) error {
		protocols, err := client.Protocols(ctx)
		if err != nil {
			return err
		}
		for _, p := range protocols {
			if !which(p) {
				continue
			}
			if _, err := client.Command(ctx, "restart "+p.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// waking has a defect's undo end with a restart of all sessions of nodes that are not
// established: after an error BIRD waits up to 30 s for the next attempt.
func waking(aim func(*Bench) (Spoiling, error)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		spoiling, err := aim(b)
		if err != nil {
			return spoiling, err
		}
		undo := spoiling.Undo
		spoiling.Undo = func(ctx context.Context) error {
			if err := undo(ctx); err != nil {
				return err
			}
			for _, node := range b.Lab.Topology().Nodes() {
				// A BIRD that has just started does not answer yet, and waits for nothing. The gate
				// finds a session that does not come back.
				_ = b.restartSessions(ctx, node.Name, func(p bird.Protocol) bool { return down(p.Session) })
			}
			return nil
		}
		return spoiling, nil
	}
}
