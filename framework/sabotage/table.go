package sabotage

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/route"
)

// tables are defects of routing tables.
func tables() []Defect {
	return []Defect{
		{
			ID: "table-blackhole", Kind: Table, What: "a node drops what it sends to a pod of another node",
			Red: []string{"routes", "traffic"}, Green: []string{"sessions"},
			Aim: toRemotePod(func(r *extraRoute) { r.kind = route.Blackhole }),
		},
		{
			ID: "table-unreachable", Kind: Table, What: "a node has an unreachable route to a pod of another node",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: toRemotePod(func(r *extraRoute) { r.kind = route.Unreachable }),
		},
		{
			ID: "table-leaked-single", Kind: Table, What: "a node has a route of BIRD's to a single pod of another node, by the right next hop",
			Red: []string{"routes"}, Green: []string{"sessions", "traffic"},
			Aim: toRemotePod(func(r *extraRoute) { r.from = route.OriginBIRD }),
		},
		{
			ID: "table-static-hides", Kind: Table, What: "a static route hides half of a remote block behind the wrong node",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: staticHides,
		},
		{
			ID: "table-foreign-bird", Kind: Table, What: "BIRD has put a route into a node's kernel that is no block",
			Red: []string{"routes"}, Green: []string{"sessions", "traffic"},
			Aim: foreignFromBIRD,
		},
		{
			ID: "table-flaps", Kind: Table, What: "a route of a node comes and goes",
			Red: []string{"MESH-016"}, Green: []string{"sessions", "traffic"},
			Aim: flapping,
		},
		{
			ID: "table-fabric-knows-pods", Kind: Table, What: "leaves have static routes to the blocks of their nodes, which nobody announces to them",
			Red: []string{"negative"}, Green: []string{"sessions"},
			Aim: fabricKnowsPods,
		},
	}
}

// toRemotePod gives the first node a route to the pod of the last node, via that node.
func toRemotePod(change func(*extraRoute)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		from, to := b.Lab.Topology().Nodes()[0], b.lastNode()
		pod, err := b.pod(to.Name)
		if err != nil {
			return Spoiling{}, err
		}
		via, err := b.wayFrom(from.Name, to.Name)
		if err != nil {
			return Spoiling{}, err
		}
		r := extraRoute{host: from.Name, prefix: route.Single(pod), via: via}
		change(&r)
		return b.extraRoutes(r), nil
	}
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
	return b.extraRoutes(extraRoute{host: nodes[0].Name, prefix: half, via: wrong}), nil
}

// foreignFromBIRD gives a node a route of BIRD's to the range of external addresses.
func foreignFromBIRD(b *Bench) (Spoiling, error) {
	prefix := b.Lab.Topology().ExternalIPs.First()
	node := b.lastNode()
	if !prefix.IsValid() || len(node.Gateways) == 0 {
		return Spoiling{}, NoTarget("the topology has no range of external addresses, or node %s no gateway", node.Name)
	}
	single := route.Single(prefix.Addr().Next())
	return b.extraRoutes(extraRoute{host: node.Name, prefix: single, via: node.Gateways[0], from: route.OriginBIRD}), nil
}

// flapInterval is how long a flapping route stays, and stays away.
const flapInterval = time.Second

// flapping adds a route and removes it, until it is undone.
func flapping(b *Bench) (Spoiling, error) {
	spoiling, err := foreignFromBIRD(b)
	if err != nil {
		return spoiling, err
	}
	add, remove := spoiling.Put, spoiling.Undo
	var mu sync.Mutex
	var end context.CancelFunc
	var over chan struct{}
	stop := func() {
		mu.Lock()
		defer mu.Unlock()
		if end != nil {
			end()
			<-over
			end = nil
		}
	}
	spoiling.Put = func(ctx context.Context) error {
		stop()
		mu.Lock()
		defer mu.Unlock()
		var life context.Context
		life, end = context.WithCancel(context.WithoutCancel(ctx))
		over = make(chan struct{})
		go func(done chan struct{}) {
			defer close(done)
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
		}(over)
		return nil
	}
	spoiling.Undo = func(ctx context.Context) error {
		stop()
		return remove(ctx)
	}
	seen := spoiling.Present
	spoiling.Present = func(ctx context.Context) error {
		deadline := time.Now().Add(3 * flapInterval)
		for {
			err := seen(ctx)
			if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
				return err
			}
			time.Sleep(flapInterval / 10)
		}
	}
	return spoiling, nil
}

// fabricKnowsPods gives each leaf a static route to each block of its rack, where no leaf
// peers with a node.
func fabricKnowsPods(b *Bench) (Spoiling, error) {
	if _, _, err := b.peering(); err == nil {
		return Spoiling{}, NoTarget("the leaves learn the blocks by BGP")
	}
	var routes []extraRoute
	for _, node := range b.Lab.Topology().Nodes() {
		leaf, err := b.leafOf(node)
		if err != nil {
			return Spoiling{}, err
		}
		state, err := b.node(node.Name)
		if err != nil {
			return Spoiling{}, err
		}
		for _, block := range state.Blocks {
			routes = append(routes, extraRoute{host: leaf.Name, prefix: block, via: node.Address()})
		}
	}
	if len(routes) == 0 {
		return Spoiling{}, NoTarget("no node owns a block")
	}
	return b.extraRoutes(routes...), nil
}
