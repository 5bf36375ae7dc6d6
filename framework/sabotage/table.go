package sabotage

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// tables are defects of routing tables.
func tables() []Defect {
	return []Defect{
		{
			ID: "table-blackhole", Kind: Table, What: "a node drops what it sends to a pod of another node",
			Red: []string{"routes", "traffic", "VXL-062", "VXL-063"}, Green: []string{"sessions"},
			Aim: toRemotePod(route.Blackhole),
		},
		{
			ID: "table-unreachable", Kind: Table, What: "a node has an unreachable route to a pod of another node",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: toRemotePod(route.Unreachable),
		},
		{
			ID: "table-leaked-single", Kind: Table, What: "a node has a route of BIRD's to a single pod of another node, by the right next hop",
			Red: []string{"routes"}, Green: []string{"sessions", "traffic"},
			Aim: leakedSingle,
		},
		{
			ID: "table-two-owners", Kind: Table, What: "BIRD has put a route to a pod into a node's kernel, though Felix makes the pool's routes",
			Red: []string{"VXL-012", "VXL-072", "CRS-003|IPIP-013"}, Green: []string{"sessions"},
			Aim: twoOwners,
		},
		{
			ID: "table-static-hides", Kind: Table, What: "a route that no program of the mode makes hides half of a remote block behind the wrong node",
			Red: []string{"routes", "MESH-060|NRR-070|VXL-050|IPIP-060|CRS-050", "NRR-071|VXL-051|IPIP-061"}, Green: []string{"sessions"},
			Aim: staticHides,
		},
		{
			ID: "table-foreign-bird", Kind: Table, What: "BIRD has put a route into a node's kernel that is no block",
			Red: []string{"routes"}, Green: []string{"sessions", "traffic"},
			Aim: foreignFromBIRD,
		},
		{
			ID: "table-flaps", Kind: Table, What: "a route of a node comes and goes",
			Red: []string{"MESH-016|VXL-014|IPIP-015"}, Green: []string{"sessions", "traffic"},
			Aim: flapping,
		},
		{
			ID: "table-fabric-knows-pods", Kind: Table, What: "leaves and spines have static routes to all blocks, without any announcement",
			Red: []string{"negative", "MESH-043|IPIP-043|VXL-043|CAN-034", "CAN-104"}, Green: []string{"sessions"},
			Aim: fabricKnowsPods,
		},
		{
			ID: "table-lost-leg", Kind: Table, What: "a router's kernel has lost one of several next hops of a route",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: legsChanged(func(hops []*netlink.NexthopInfo) []*netlink.NexthopInfo { return hops[:1] }),
		},
		{
			ID: "table-weights", Kind: Table, What: "of several next hops of equal cost a router's kernel prefers one by its weight",
			Red: []string{"routes"}, Green: []string{"sessions", "traffic"},
			Aim: legsChanged(func(hops []*netlink.NexthopInfo) []*netlink.NexthopInfo {
				hops[0].Hops = heavy
				return hops
			}),
		},
		{
			ID: "table-rule", Kind: Table, What: "a policy rule of a node leads to a table that drops what is for a pod of another node",
			Red: []string{"traffic"}, Green: []string{"sessions"},
			Aim: ruleToOtherTable,
		},
		{
			ID: "table-stale", Kind: Table, What: "a route that no program of the mode makes is left on a node",
			Red: []string{"routes", "CAN-101"}, Green: []string{"sessions"},
			Aim: stale,
		},
		{
			ID: "table-pods-on-spine", Kind: Table, What: "a spine has a route to a single pod",
			Red: []string{"routes", "IPIP-014|CRS-004|VXL-013|CAN-011"}, Green: []string{"sessions"},
			Aim: podOnSpine,
		},
		{
			ID: "table-own-block-lost", Kind: Table, What: "a node has lost the blackhole route of its own block",
			Red: []string{"routes", "IPIP-012|VXL-011"}, Green: []string{"sessions", "traffic"},
			Aim: ownBlockLost,
		},
	}
}

// toRemotePod gives the first node a route to a pod of the last node that leads nowhere. BIRD
// does not learn the kernel's own routes: the defect stays on its node.
func toRemotePod(kind route.Kind) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		pod, err := b.pod(b.lastNode().Name)
		if err != nil {
			return Spoiling{}, err
		}
		return b.extraRoutes(extraRoute{host: b.Lab.Topology().Nodes()[0].Name, prefix: route.Single(pod), kind: kind, from: route.OriginKernel}), nil
	}
}

// leakedSingle has the first node's BIRD route a pod of the last node via that node.
func leakedSingle(b *Bench) (Spoiling, error) {
	node, pod, via, err := b.remotePod(route.OriginBIRD)
	if err != nil {
		return Spoiling{}, err
	}
	return b.routedByBIRD(node, pod, via), nil
}

// twoOwners has the first node's BIRD route a pod of the last node via that node, and lets it
// through to the kernel.
func twoOwners(b *Bench) (Spoiling, error) {
	// Felix's routes through a VXLAN have another number than those by other devices.
	node, pod, via, err := b.remotePod(route.OriginFelix, route.OriginBoot)
	if err != nil {
		return Spoiling{}, err
	}
	spoiling, letThrough := b.routedByBIRD(node, pod, via), b.edited(node, filterFile, kernelScript(pod, "accept"), pod.String())
	put, undo := spoiling.Put, spoiling.Undo
	spoiling.Put = func(ctx context.Context) error { return errors.Join(letThrough.Put(ctx), put(ctx)) }
	spoiling.Undo = func(ctx context.Context) error { return errors.Join(undo(ctx), letThrough.Undo(ctx)) }
	spoiling.Present = both(spoiling.Present, letThrough.Present)
	return spoiling, nil
}

// remotePod is a pod of the last node, and the way of the first node to it, if the route of the
// first node to its block has one of some origins.
func (b *Bench) remotePod(origins ...route.Origin) (node topology.Host, pod netip.Prefix, via netip.Addr, err error) {
	from, to := b.Lab.Topology().Nodes()[0], b.lastNode()
	if err := b.hasComponent(from.Name, birdComponent); err != nil {
		return node, pod, via, err
	}
	address, err := b.pod(to.Name)
	if err != nil {
		return node, pod, via, err
	}
	block, err := b.block(to.Name)
	if err != nil {
		return node, pod, via, err
	}
	tables, err := b.State.Tables()
	if err != nil {
		return node, pod, via, err
	}
	if !slices.ContainsFunc(tables[from.Name], func(r route.Route) bool { return r.Prefix == block && slices.Contains(origins, r.Origin) }) {
		return node, pod, via, NoTarget("the route of %s to the block of %s is of none of the origins %v", from.Name, to.Name, origins)
	}
	via, err = b.wayFrom(from.Name, to.Name)
	return from, route.Single(address), via, err
}

// routedByBIRD has a node's BIRD put a route into its kernel that it tells no peer.
func (b *Bench) routedByBIRD(node topology.Host, prefix netip.Prefix, via netip.Addr) Spoiling {
	spoiling := b.edited(node, aggregationFile, originateScript(prefix, "via "+via.String(), "reject"), prefix.String())
	spoiling.Target = fmt.Sprintf("%s to %s", node.Name, prefix)
	spoiling.Present = func(context.Context) error {
		return b.seesRoute(node.Name, func(r route.Route) bool { return r.Prefix == prefix && r.Origin == route.OriginBIRD })
	}
	return spoiling
}

// wayFrom is the next hop from one node to another: the node itself, or the first gateway
// where that is in another rack.
func (b *Bench) wayFrom(from, to string) (netip.Addr, error) {
	source, _ := b.Lab.Topology().Host(from)
	target, _ := b.Lab.Topology().Host(to)
	for _, i := range source.Interfaces {
		if i.Reaches(target.Address()) {
			return target.Address(), nil
		}
	}
	if len(source.Gateways) == 0 {
		return netip.Addr{}, NoTarget("node %s has no gateway", from)
	}
	return source.Gateways[0], nil
}

// staticHides leads half of the last node's block to the second node.
func staticHides(b *Bench) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	block, err := b.block(b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	wrong, err := b.wayFrom(nodes[0].Name, nodes[1].Name)
	if err != nil {
		return Spoiling{}, err
	}
	half := netip.PrefixFrom(block.Addr(), block.Bits()+1)
	return b.extraRoutes(extraRoute{host: nodes[0].Name, prefix: half, via: wrong, from: route.OriginKernel}), nil
}

// nobodys is an address that no lab has (TEST-NET-2, RFC 5737).
func nobodys() netip.Prefix { return route.Single(netip.MustParseAddr("198.51.100.1")) }

// foreignFromBIRD has the last node's BIRD route an address that no lab has via the first
// node, or its leaf.
func foreignFromBIRD(b *Bench) (Spoiling, error) {
	if err := b.hasComponent(b.lastNode().Name, birdComponent); err != nil {
		return Spoiling{}, err
	}
	via, err := b.wayFrom(b.lastNode().Name, b.Lab.Topology().Nodes()[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	return b.routedByBIRD(b.lastNode(), nobodys(), via), nil
}

// flapInterval is how long a flapping route stays, and stays away.
const flapInterval = time.Second

// flapping adds a route and removes it, until it is undone.
func flapping(b *Bench) (Spoiling, error) {
	spoiling := b.extraRoutes(extraRoute{host: b.lastNode().Name, prefix: nobodys(), kind: route.Blackhole, from: route.OriginKernel})
	add, remove := spoiling.Put, spoiling.Undo
	var coming lasting
	spoiling.Put = func(ctx context.Context) error {
		coming.start(ctx, func(life context.Context) {
			ticker := time.NewTicker(flapInterval)
			defer ticker.Stop()
			for there := false; ; there = !there {
				if there {
					_ = remove(life) // the next round tries again, and Present looks
				} else {
					_ = add(life)
				}
				select {
				case <-life.Done():
					return
				case <-ticker.C:
				}
			}
		})
		return nil
	}
	spoiling.Undo = func(ctx context.Context) error {
		coming.stop()
		return remove(ctx)
	}
	seen := spoiling.Present
	spoiling.Present = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 3*flapInterval)
		defer cancel()
		poll := time.NewTicker(flapInterval / 10)
		defer poll.Stop()
		for {
			err := seen(ctx)
			if err == nil {
				return nil
			}
			select {
			case <-ctx.Done():
				return err
			case <-poll.C:
			}
		}
	}
	return spoiling, nil
}

// heavy is a weight of a next hop, less one: the kernel's own.
const heavy = 199

// legsChanged changes the next hops of a route over several, in a router's kernel.
func legsChanged(change func([]*netlink.NexthopInfo) []*netlink.NexthopInfo) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		router, multipath, err := b.multipathRoute()
		if err != nil {
			return Spoiling{}, err
		}
		find := func(h *netlink.Handle) (netlink.Route, error) {
			found, err := h.RouteListFiltered(int(route.FamilyOf(multipath.Prefix.Addr())), &netlink.Route{Dst: ipNet(multipath.Prefix), Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_DST|netlink.RT_FILTER_TABLE)
			if err == nil && len(found) != 1 {
				err = fmt.Errorf("%s has %d routes to %s", router.Host, len(found), multipath.Prefix)
			}
			if err != nil {
				return netlink.Route{}, err
			}
			return found[0], nil
		}
		var before netlink.Route
		return Spoiling{
			Target: fmt.Sprintf("%s to %s", router.Host, multipath.Prefix),
			Put: func(context.Context) error {
				return b.withNetlink(router.Host, func(h *netlink.Handle) error {
					if before.Dst == nil {
						found, err := find(h)
						if err != nil {
							return err
						}
						before = found
					}
					spoiled := before
					spoiled.MultiPath = nil
					for _, hop := range before.MultiPath {
						copied := *hop
						spoiled.MultiPath = append(spoiled.MultiPath, &copied)
					}
					if len(spoiled.MultiPath) < 2 {
						return fmt.Errorf("%s has one next hop to %s", router.Host, multipath.Prefix)
					}
					spoiled.MultiPath = change(spoiled.MultiPath)
					return h.RouteReplace(&spoiled)
				})
			},
			Undo: func(context.Context) error {
				if before.Dst == nil {
					return nil
				}
				return b.withNetlink(router.Host, func(h *netlink.Handle) error { return h.RouteReplace(&before) })
			},
			Present: func(context.Context) error {
				return b.withNetlink(router.Host, func(h *netlink.Handle) error {
					now, err := find(h)
					if err != nil {
						return err
					}
					same := len(now.MultiPath) == len(before.MultiPath)
					for i := range now.MultiPath {
						same = same && now.MultiPath[i].Hops == before.MultiPath[i].Hops
					}
					if same {
						return fmt.Errorf("%s has all next hops to %s, with their weights", router.Host, multipath.Prefix)
					}
					return nil
				})
			},
		}, nil
	}
}

// Where ruleToOtherTable puts its rule and its route: no program of a lab has either.
const (
	rulePriority = 50
	otherTable   = 4242
)

// ruleToOtherTable gives the first node a rule for a pod of the last one.
func ruleToOtherTable(b *Bench) (Spoiling, error) {
	node := b.Lab.Topology().Nodes()[0].Name
	pod, err := b.pod(b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	rule := netlink.NewRule()
	rule.Family, rule.Priority, rule.Table, rule.Dst = int(route.FamilyOf(pod)), rulePriority, otherTable, ipNet(route.Single(pod))
	drop := &netlink.Route{Dst: ipNet(route.Single(pod)), Table: otherTable, Type: unix.RTN_BLACKHOLE, Protocol: unix.RTPROT_STATIC}
	there := func(h *netlink.Handle) (bool, error) {
		rules, err := h.RuleList(rule.Family)
		return slices.ContainsFunc(rules, func(r netlink.Rule) bool { return r.Table == otherTable }), err
	}
	return Spoiling{
		Target: fmt.Sprintf("%s to %s", node, pod),
		Put: func(context.Context) error {
			return b.withNetlink(node, func(h *netlink.Handle) error {
				if is, err := there(h); err != nil || is {
					return err
				}
				return errors.Join(h.RouteReplace(drop), h.RuleAdd(rule))
			})
		},
		Undo: func(context.Context) error {
			return b.withNetlink(node, func(h *netlink.Handle) error {
				var errs []error
				for _, err := range []error{h.RuleDel(rule), h.RouteDel(drop)} {
					if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ESRCH) { // else it is not there
						errs = append(errs, err)
					}
				}
				return errors.Join(errs...)
			})
		},
		Present: func(context.Context) error {
			return b.withNetlink(node, func(h *netlink.Handle) error {
				is, err := there(h)
				if err == nil && !is {
					err = fmt.Errorf("%s has no such rule", node)
				}
				return err
			})
		},
	}, nil
}

// stale leaves a route to half of the last node's block on the first node.
func stale(b *Bench) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	block, err := b.block(b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	via, err := b.wayFrom(nodes[0].Name, b.lastNode().Name)
	if err != nil {
		return Spoiling{}, err
	}
	half := netip.PrefixFrom(block.Addr(), block.Bits()+1)
	return b.extraRoutes(extraRoute{host: nodes[0].Name, prefix: half, via: via, from: route.OriginKernel}), nil
}

// podOnSpine gives a spine a static route to a pod through the first leaf.
func podOnSpine(b *Bench) (Spoiling, error) {
	pod, err := b.pod(b.Lab.Topology().Nodes()[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	for _, spine := range b.Lab.Topology().Spines() {
		for _, end := range b.Lab.Topology().Peers(spine.Name) {
			if peer, ok := b.Lab.Topology().Host(end.Host); ok && peer.Role == topology.Leaf {
				via := end.Address(route.IPv4).Addr()
				return b.extraRoutes(extraRoute{host: spine.Name, prefix: route.Single(pod), via: via}), nil
			}
		}
	}
	return Spoiling{}, NoTarget("the topology has no spine above a leaf")
}

// ownBlockLost removes the blackhole route of the last node's block. Felix brings its own back
// at each refresh (routeRefreshInterval), which no spec may meet. BIRD's is rejected by its kernel
// filter.
func ownBlockLost(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	block, err := b.block(node.Name)
	if err != nil {
		return Spoiling{}, err
	}
	tables, err := b.State.Tables()
	if err != nil {
		return Spoiling{}, err
	}
	own := func(r route.Route) bool { return r.Prefix == block && r.Kind == route.Blackhole }
	i := slices.IndexFunc(tables[node.Name], own)
	if i < 0 {
		return Spoiling{}, NoTarget("%s has no blackhole route of %s", node.Name, block)
	}
	present := func(context.Context) error {
		if b.seesRoute(node.Name, own) == nil {
			return fmt.Errorf("%s has the blackhole route of %s", node.Name, block)
		}
		return nil
	}
	spoiling := b.edited(node, filterFile, kernelScript(block, "reject"), block.String())
	if tables[node.Name][i].Origin == route.OriginFelix {
		hole := &netlink.Route{Dst: ipNet(block), Table: unix.RT_TABLE_MAIN, Type: unix.RTN_BLACKHOLE, Protocol: netlink.RouteProtocol(route.OriginFelix)}
		spoiling = b.heldAway(node.Name, hole, block, present)
	}
	spoiling.Target, spoiling.Present = fmt.Sprintf("%s of %s", block, node.Name), present
	return spoiling, nil
}

// fabricKnowsPods gives each leaf and each spine a static route to each block, where no leaf
// peers with a node.
func fabricKnowsPods(b *Bench) (Spoiling, error) {
	if _, _, err := b.peering(); err == nil {
		return Spoiling{}, NoTarget("the leaves learn the blocks by BGP")
	}
	var routes []extraRoute
	for _, node := range b.Lab.Topology().Nodes() {
		state, err := b.node(node.Name)
		if err != nil {
			return Spoiling{}, err
		}
		for _, router := range slices.Concat(b.Lab.Topology().Leaves(), b.Lab.Topology().Spines()) {
			via, ok := b.wayDown(router, node)
			for _, block := range state.Blocks {
				if ok {
					routes = append(routes, extraRoute{host: router.Name, prefix: block, via: via})
				}
			}
		}
	}
	if len(routes) == 0 {
		return Spoiling{}, NoTarget("no node owns a block")
	}
	return b.extraRoutes(routes...), nil
}

// wayDown is the next hop of a leaf or spine to a node: itself, the leaf of its rack, or a
// spine.
func (b *Bench) wayDown(router, node topology.Host) (netip.Addr, bool) {
	if router.Role == topology.Leaf && router.Rack == node.Rack {
		return node.Address(), true
	}
	for _, end := range b.Lab.Topology().Peers(router.Name) {
		peer, ok := b.Lab.Topology().Host(end.Host)
		if ok && (router.Role == topology.Leaf && peer.Role == topology.Spine || router.Role == topology.Spine && peer.Role == topology.Leaf && peer.Rack == node.Rack) {
			return end.Address(route.IPv4).Addr(), true
		}
	}
	return netip.Addr{}, false
}
