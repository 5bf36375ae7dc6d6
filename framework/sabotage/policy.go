package sabotage

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// policies are defects of what BGP speakers pass on.
func policies() []Defect {
	return []Defect{
		{
			ID: "policy-pool-kept-back", Kind: Policy, What: "the IP pool is not exported",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: poolKeptBack,
		},
		{
			ID: "policy-exports-foreign", Kind: Policy, What: "a node exports a block that is not its own",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: exportsForeign,
		},
	}
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
	// Calico's filter of exports accepts what the static protocol of the node's own blocks has.
	script := fmt.Sprintf(`/^protocol static/a\   route %s blackhole;`, half)
	spoiling := b.edited(node, "bird_aggr.cfg", script, half.String())
	spoiling.Present = func(ctx context.Context) error {
		exports, err := b.exports(ctx, node.Name)
		if err == nil && !slices.Contains(exports, half) {
			err = fmt.Errorf("%s exports %v, and not %s", node.Name, exports, half)
		}
		return err
	}
	return spoiling, nil
}
