package sabotage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// policies are defects of what BGP speakers pass on.
func policies() []Defect {
	return []Defect{
		{
			ID: "policy-pool-kept-back", Kind: Policy, What: "the IP pool is not exported",
			Red: []string{routesByBGP}, Green: []string{"sessions"},
			Aim: poolKeptBack,
		},
		{
			ID: "policy-exports-foreign", Kind: Policy, What: "a node exports a block that is not its own",
			Red: []string{routesByBGP}, Green: []string{"sessions"},
			Aim: exportsForeign,
		},
		{
			ID: "policy-no-reflector-client", Kind: Policy, What: "a router reflects nothing: no node is its client",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: allNeighborsChanged("clients", func(_ fabric.Router, n fabric.Neighbor) bool { return n.ReflectorClient }, func(n *fabric.Neighbor) { n.ReflectorClient = false }),
		},
		{
			ID: "policy-no-next-hop-self", Kind: Policy, What: "a router passes on next hops that its neighbours do not know",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: allNeighborsChanged("internal neighbours with next-hop-self", func(r fabric.Router, n fabric.Neighbor) bool { return n.NextHopSelf && r.Internal(n) }, func(n *fabric.Neighbor) { n.NextHopSelf = false }),
		},
		{
			ID: "policy-networks-lost", Kind: Policy, What: "a leaf does not announce the subnet of its rack",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: networksLost,
		},
		{
			ID: "policy-no-multipath", Kind: Policy, What: "FRR on a leaf takes one path where there are several",
			Red: []string{"routes", "LEAF-054"}, Green: []string{"sessions"},
			Aim: noMultipath,
		},
		{
			ID: "policy-import-none", Kind: Policy, What: "FRR on a router takes no route from a node",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: importNone,
		},
		{
			ID: "policy-filter-eats-pool", Kind: Policy, What: "a BGPFilter of all BGPPeers rejects the pod network",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: filterEatsPool,
		},
		{
			ID: "policy-reflector-self", Kind: Policy, What: "a reflector outside the cluster names itself as next hop of what it reflects",
			Red: []string{"NRR-081", "NRR-082"}, Green: []string{"NRR-080"},
			Aim: reflectorSelf,
		},
		{
			ID: "policy-communities-lost", Kind: Policy, What: "FRR on a leaf drops the communities that its nodes send",
			Red: []string{"communities"}, Green: []string{"sessions"},
			Aim: takenThrough("sabotage-no-communities", "set community none", "set large-community none"),
		},
		{
			ID: "policy-origin-changed", Kind: Policy, What: "FRR on a leaf gives what a node sends the ORIGIN incomplete",
			Red: []string{"NRR-023|TOR-011"}, Green: []string{"sessions"},
			Aim: takenThrough("sabotage-origin", "set origin incomplete"),
		},
	}
}

// routerWith finds the last router of the fabric with a neighbour of a kind.
func (b *Bench) routerWith(what string, has func(fabric.Router, fabric.Neighbor) bool) (fabric.Router, error) {
	for _, router := range slices.Backward(b.State.Routers) {
		if slices.ContainsFunc(router.Neighbors, func(n fabric.Neighbor) bool { return has(router, n) }) {
			return router.Clone(), nil
		}
	}
	return fabric.Router{}, NoTarget("no router of the fabric has %s", what)
}

// allNeighborsChanged changes what a router does with all of its neighbours of a kind.
func allNeighborsChanged(what string, has func(fabric.Router, fabric.Neighbor) bool, change func(*fabric.Neighbor)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		router, err := b.routerWith(what, has)
		if err != nil {
			return Spoiling{}, err
		}
		return b.routerChanged(router, router.Host, func(r *fabric.Router) {
			for i := range r.Neighbors {
				if has(*r, r.Neighbors[i]) {
					change(&r.Neighbors[i])
				}
			}
		}, both(b.runsOtherThan(router), b.sessionsAgree()))
	}
}

// runsOtherThan expects a router to run another configuration than the design's.
func (b *Bench) runsOtherThan(router fabric.Router) func(context.Context) error {
	return func(ctx context.Context) error {
		controller, err := lab.RouterControllerOf(b.Lab)
		if err != nil {
			return err
		}
		now, err := controller.Routers(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(now, func(r fabric.Router) bool { return r.Host == router.Host })
		if i < 0 || reflect.DeepEqual(now[i], router) {
			return fmt.Errorf("%s does what the design says", router.Host)
		}
		at, err := b.Lab.Host(router.Host)
		if err != nil {
			return err
		}
		return observe.VerifyRouter(ctx, at, now[i])
	}
}

// networksLost removes the networks that the last leaf originates.
func networksLost(b *Bench) (Spoiling, error) {
	for _, router := range slices.Backward(b.State.Routers) {
		host, ok := b.Lab.Topology().Host(router.Host)
		if ok && host.Role == topology.Leaf && len(router.Networks) > 0 && len(router.Neighbors) > 0 {
			return b.routerChanged(router.Clone(), router.Host, func(r *fabric.Router) { r.Networks = nil }, b.runsOtherThan(router))
		}
	}
	return Spoiling{}, NoTarget("no leaf announces a network")
}

// noMultipath takes the choice of several paths from a leaf that has a route over several.
func noMultipath(b *Bench) (Spoiling, error) {
	leaf, multipath, err := b.multipathRoute()
	if err != nil {
		return Spoiling{}, err
	}
	inside := []string{fmt.Sprintf("router bgp %d", leaf.AS), "address-family ipv4 unicast"}
	with := func(prefix string) []string {
		return append(slices.Clone(inside), prefix+"maximum-paths 1", prefix+"maximum-paths ibgp 1")
	}
	return b.frrSaid(leaf, with(""), with("no "), func(context.Context) error {
		return b.seesRoute(leaf.Host, func(r route.Route) bool { return r.Prefix == multipath.Prefix && len(r.NextHops) == 1 })
	})
}

// multipathRoute finds a route of BGP's over several next hops on a router of the fabric.
func (b *Bench) multipathRoute() (fabric.Router, route.Route, error) {
	tables, err := b.State.Tables()
	if err != nil {
		return fabric.Router{}, route.Route{}, err
	}
	for _, router := range slices.Backward(b.State.Routers) {
		for _, r := range tables[router.Host] {
			if len(r.NextHops) > 1 && r.Origin == route.OriginBGP {
				return router.Clone(), r, nil
			}
		}
	}
	return fabric.Router{}, route.Route{}, NoTarget("no router with FRR has a route over several next hops")
}

// nothingList is the name of a prefix list that rejects everything.
const nothingList = "sabotage-nothing"

// importNone gives FRR a prefix list for what it takes from a node.
func importNone(b *Bench) (Spoiling, error) {
	router, at, err := b.frrPeering()
	if err != nil {
		return Spoiling{}, err
	}
	peer := router.Neighbors[at]
	inside := []string{fmt.Sprintf("router bgp %d", router.AS), "address-family ipv4 unicast"}
	list := fmt.Sprintf("ip prefix-list %s seq 5 deny any", nothingList)
	use := fmt.Sprintf("neighbor %s prefix-list %s in", peer.Address, nothingList)
	return b.frrSaid(router, append([]string{list}, append(slices.Clone(inside), use)...),
		append(slices.Clone(inside), "no "+use, "exit-address-family", "exit", "no "+list),
		func(ctx context.Context) error {
			var taken struct {
				Routes map[string]json.RawMessage `json:"routes"`
			}
			err := b.decode(ctx, &taken, router.Host, "vtysh", "-c", fmt.Sprintf("show bgp ipv4 unicast neighbors %s routes json", peer.Address))
			if err == nil && len(taken.Routes) > 0 {
				err = fmt.Errorf("%s has %d routes from %s", router.Host, len(taken.Routes), peer.Host)
			}
			return err
		})
}

// frrPeering finds the last session of a router with FRR with a node.
func (b *Bench) frrPeering() (fabric.Router, int, error) {
	for _, node := range slices.Backward(b.Lab.Topology().Nodes()) {
		for _, router := range b.State.Routers {
			i := slices.IndexFunc(router.Neighbors, func(n fabric.Neighbor) bool { return n.Host == node.Name })
			if i >= 0 && router.Software == topology.DefaultSoftware {
				return router.Clone(), i, nil
			}
		}
	}
	return fabric.Router{}, 0, NoTarget("no router with FRR has a session with a node")
}

// takenThrough has FRR on a router take what a node sends through a route map.
func takenThrough(name string, sets ...string) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) { return b.takenThrough(name, sets) }
}

func (b *Bench) takenThrough(name string, sets []string) (Spoiling, error) {
	router, at, err := b.frrPeering()
	if err != nil {
		return Spoiling{}, err
	}
	peer := router.Neighbors[at].Address
	inside := []string{fmt.Sprintf("router bgp %d", router.AS), "address-family ipv4 unicast"}
	use := fmt.Sprintf("neighbor %s route-map %s in", peer, name)
	put := slices.Concat([]string{"route-map " + name + " permit 10"}, sets, []string{"exit"}, inside, []string{use})
	undo := append(slices.Clone(inside), "no "+use, "exit-address-family", "exit", "no route-map "+name)
	return b.frrSaid(router, put, undo, func(ctx context.Context) error {
		var neighbors map[string]struct {
			AddressFamilyInfo struct {
				IPv4Unicast struct {
					RouteMapForIncomingAdvertisements string `json:"routeMapForIncomingAdvertisements"`
				} `json:"ipv4Unicast"`
			} `json:"addressFamilyInfo"`
		}
		// FRR 8.4 takes no address family in this command.
		err := b.decode(ctx, &neighbors, router.Host, "vtysh", "-c", "show bgp neighbors "+peer.String()+" json")
		if used := neighbors[peer.String()].AddressFamilyInfo.IPv4Unicast.RouteMapForIncomingAdvertisements; err == nil && used != name {
			err = fmt.Errorf("%s uses route map %q and not %s for what %s sends", router.Host, used, name, peer)
		}
		return err
	})
}

// eater is the name of a BGPFilter that rejects the pod network.
const eater = "sabotage-eats-pool"

// filterEatsPool makes a BGPFilter and has all BGPPeers of the mode use it.
func filterEatsPool(b *Bench) (Spoiling, error) {
	peers := slices.Clone(b.State.Resources.BGPPeers)
	if len(peers) == 0 {
		return Spoiling{}, NoTarget("there is no BGPPeer")
	}
	node, peered, err := b.peered()
	if err != nil {
		return Spoiling{}, err
	}
	block, err := b.block(node)
	if err != nil {
		return Spoiling{}, err
	}
	filter := v3.BGPFilter{ObjectMeta: metav1.ObjectMeta{Name: eater}, Spec: v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{{
		CIDR: b.Lab.Topology().Pods.First().String(), MatchOperator: v3.In, Action: v3.Reject,
	}}}}
	return Spoiling{
		Target: fmt.Sprintf("%d BGPPeers", len(peers)),
		Put: func(ctx context.Context) error {
			if err := b.Calico.Apply(ctx, calico.Resources{BGPFilters: []v3.BGPFilter{filter}}); err != nil {
				return err
			}
			for _, peer := range peers {
				if err := b.Calico.UpdateBGPPeer(ctx, peer.Name, func(spec *v3.BGPPeerSpec) { spec.Filters = []string{eater} }); err != nil {
					return err
				}
			}
			return nil
		},
		Undo: func(ctx context.Context) error {
			var errs []error
			for _, peer := range peers {
				errs = append(errs, b.Calico.UpdateBGPPeer(ctx, peer.Name, func(spec *v3.BGPPeerSpec) { spec.Filters = peer.Spec.Filters }))
			}
			return errors.Join(append(errs, b.Calico.DeleteBGPFilter(ctx, eater))...)
		},
		Present: func(ctx context.Context) error {
			at, err := b.Lab.Host(node)
			if err != nil {
				return err
			}
			exports, err := observe.Exports(ctx, at, []route.Family{route.IPv4})
			if err != nil {
				return err
			}
			established := 0
			for _, peer := range peered {
				prefixes, ok := exports[peer]
				if slices.Contains(prefixes, block) {
					return fmt.Errorf("%s still exports %s to %s", node, block, peer)
				}
				if ok {
					established++
				}
			}
			if established == 0 {
				return fmt.Errorf("%s has no session by a BGPPeer", node)
			}
			return nil
		},
		Design: func(state *oracle.State) {
			state.Resources.BGPFilters = slices.DeleteFunc(slices.Clone(state.Resources.BGPFilters), func(f v3.BGPFilter) bool { return f.Name == eater })
			state.Resources.BGPPeers = slices.Clone(state.Resources.BGPPeers)
			for i, peer := range state.Resources.BGPPeers {
				if !slices.Equal(peer.Spec.Filters, []string{eater}) {
					continue
				}
				before := slices.IndexFunc(peers, func(p v3.BGPPeer) bool { return p.Name == peer.Name })
				if before >= 0 {
					state.Resources.BGPPeers[i].Spec.Filters = peers[before].Spec.Filters
				}
			}
		},
	}, nil
}

// reflectorSelf has the BIRD of a reflector outside the cluster replace every next hop.
func reflectorSelf(b *Bench) (Spoiling, error) {
	reflectors := b.Lab.Topology().ByRole(topology.Reflector)
	if len(reflectors) == 0 {
		return Spoiling{}, NoTarget("no reflector is outside the cluster")
	}
	const self = "next hop self; rr client;"
	return b.edited(reflectors[0], birdFile, "s/rr client;/"+self+"/", self), nil
}

// peered finds the last node with sessions by BGPPeers, and the peers of these.
func (b *Bench) peered() (node string, peers []netip.Addr, err error) {
	all, err := b.State.Sessions()
	if err != nil {
		return "", nil, err
	}
	for _, host := range slices.Backward(b.Lab.Topology().Nodes()) {
		for _, s := range all[host.Name] {
			if s.Kind == session.Global || s.Kind == session.NodeSpecific {
				peers = append(peers, s.Peer)
			}
		}
		if len(peers) > 0 {
			return host.Name, peers, nil
		}
	}
	return "", nil, NoTarget("no node has a session by a BGPPeer")
}

// meshed reports whether nodes have sessions with all nodes.
func (b *Bench) meshed() bool {
	c, ok := b.State.Resources.Configuration()
	return !ok || c.Spec.NodeToNodeMeshEnabled == nil || *c.Spec.NodeToNodeMeshEnabled
}

// poolKeptBack sets disableBGPExport of every IP pool.
func poolKeptBack(b *Bench) (Spoiling, error) {
	pools := b.State.Resources.IPPools
	if len(pools) == 0 {
		return Spoiling{}, NoTarget("there is no IP pool")
	}
	before := map[string]bool{}
	for _, pool := range pools {
		before[pool.Name] = pool.Spec.DisableBGPExport
	}
	block, err := b.block(b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	exports, err := b.exports(context.Background(), b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	if !slices.Contains(exports, block) {
		return Spoiling{}, NoTarget("%s does not export %s", b.lastNode().Name, block)
	}
	set := func(ctx context.Context, value func(name string) bool) error {
		for _, pool := range pools {
			if err := b.Calico.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = value(pool.Name) }); err != nil {
				return err
			}
		}
		return nil
	}
	return Spoiling{
		Target: fmt.Sprintf("%d pools", len(pools)),
		Put:    func(ctx context.Context) error { return set(ctx, func(string) bool { return true }) },
		Undo:   func(ctx context.Context) error { return set(ctx, func(name string) bool { return before[name] }) },
		Present: func(ctx context.Context) error {
			exports, err := b.exports(ctx, b.lastNode().Name)
			if err == nil && slices.Contains(exports, block) {
				err = fmt.Errorf("%s still exports %s", b.lastNode().Name, block)
			}
			return err
		},
		Design: func(state *oracle.State) {
			state.Resources.IPPools = slices.Clone(state.Resources.IPPools)
			for i, pool := range state.Resources.IPPools {
				if was, ok := before[pool.Name]; ok {
					state.Resources.IPPools[i].Spec.DisableBGPExport = was
				}
			}
		},
	}, nil
}

// exports are the prefixes that a node exports to any peer.
func (b *Bench) exports(ctx context.Context, node string) ([]netip.Prefix, error) {
	at, err := b.Lab.Host(node)
	if err != nil {
		return nil, err
	}
	all, err := observe.Exports(ctx, at, []route.Family{route.IPv4})
	if err != nil {
		return nil, err
	}
	var list []netip.Prefix
	for _, prefixes := range all {
		list = append(list, prefixes...)
	}
	return list, nil
}

// exportsForeign has a node's BIRD originate half of another node's block.
func exportsForeign(b *Bench) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	node := b.lastNode()
	block, err := b.block(nodes[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	half := netip.PrefixFrom(block.Addr(), block.Bits()+1)
	return b.originates(node, half), nil
}
