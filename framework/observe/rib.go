package observe

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/rib"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// Path is a way to a prefix that a host has learned by BGP, in no vendor's words.
// Its ASPath is without the marks of an AS_SET, whose members stand one after the
// other.
type Path struct {
	rib.Path
	// Origin is igp, egp or incomplete.
	Origin string
	// LocalPref is the host's default where the path came without one.
	LocalPref uint32
	MED       uint32
	// Valid tells whether the next hop is reachable.
	Valid bool
	// Stale marks a path that a router keeps for a neighbour that restarts; FRR keeps
	// some of them longer (see frr.Path). BIRD does not tell.
	Stale bool
	// Best is the path that the host prefers to all others. Where the prefix is the
	// host's own, none is.
	Best bool
	// Used is a path that traffic takes: the best one, and those with other next hops
	// that share the load with it.
	Used bool
}

// kernelProtocol is the name of BIRD's protocol for the kernel, in routers'
// configurations and in Calico's.
const kernelProtocol = "kernel1"

// RouterPaths reads what a router has learned by BGP, used or not. The paths are
// ordered by prefix, the best one of each prefix first, and then by peer.
func RouterPaths(ctx context.Context, host lab.Host, software topology.Software) ([]Path, error) {
	switch software {
	case topology.BIRD:
		return birdPaths(ctx, host, bird.RouterSocket)
	case topology.FRR:
		return frrPaths(ctx, host)
	}
	return nil, fmt.Errorf("%s: %w", host.Name(), unknownSoftware(software))
}

// NodePaths reads what a node has learned by BGP, as RouterPaths does.
func NodePaths(ctx context.Context, host lab.Host) ([]Path, error) {
	return birdPaths(ctx, host, nodeSocket)
}

func frrPaths(ctx context.Context, host lab.Host) ([]Path, error) {
	data, err := frr.Query(ctx, host.DialContext, frr.RIBQuery)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	table, err := frr.ParseRIB(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return fromFRR(table), nil
}

// fromFRR leaves out what the router originates.
func fromFRR(table frr.RIB) []Path {
	var paths []Path
	for _, p := range table.Paths {
		if !p.Peer.IsValid() {
			continue
		}
		path := Path{
			Path: rib.Path{
				Prefix: p.Prefix, Peer: p.Peer, ASPath: p.ASPath, OriginatorID: p.OriginatorID, ClusterList: p.ClusterList,
				Communities: communities(p.Communities, p.LargeCommunities),
			},
			Origin: strings.ToLower(p.Origin), LocalPref: p.LocalPref, MED: p.MED,
			Valid: p.Valid, Stale: p.Stale, Best: p.Best, Used: p.Valid && (p.Best || p.Multipath),
		}
		if len(p.NextHops) > 0 {
			path.NextHop = p.NextHops[0]
		}
		paths = append(paths, path)
	}
	return sortPaths(paths)
}

func birdPaths(ctx context.Context, host lab.Host, socket string) ([]Path, error) {
	client, err := dialBIRD(ctx, host, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	table, err := client.Routes(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	// BIRD joins equal paths on their way to the kernel only.
	joined, err := client.Exported(ctx, kernelProtocol)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return fromBIRD(table, joined), nil
}

// fromBIRD takes what was learned by BGP from BIRD's table, where the best path of a
// prefix comes first. joined are BIRD's routes for the kernel, which have the next hops
// of all paths that are used: such a path has the best one's merits, and its next hops
// are among them and no earlier path's.
func fromBIRD(table, joined []bird.Path) []Path {
	free := map[netip.Prefix][]route.NextHop{}
	for _, p := range joined {
		free[p.Prefix] = slices.Clone(p.NextHops)
	}
	best := map[netip.Prefix]bird.Path{}
	var paths []Path
	for _, p := range table {
		if p.Best {
			best[p.Prefix] = p
		}
		if p.BGP == nil || !p.Peer.IsValid() {
			continue
		}
		path := Path{
			Path: rib.Path{
				Prefix: p.Prefix, Peer: p.Peer, NextHop: p.BGP.NextHop, ASPath: p.BGP.ASPath,
				OriginatorID: p.BGP.OriginatorID, ClusterList: p.BGP.ClusterList,
				Communities: communities(p.BGP.Communities, p.BGP.LargeCommunities),
			},
			Origin: strings.ToLower(p.BGP.Origin), LocalPref: p.BGP.LocalPref, MED: p.BGP.MED,
			Valid: p.Kind != route.Unreachable, Best: p.Best,
		}
		taken := func(hop route.NextHop) bool { return !slices.Contains(free[p.Prefix], hop) }
		if path.Valid && len(p.NextHops) > 0 && alike(best[p.Prefix], p) && !slices.ContainsFunc(p.NextHops, taken) {
			path.Used = true
			free[p.Prefix] = slices.DeleteFunc(free[p.Prefix], func(hop route.NextHop) bool { return slices.Contains(p.NextHops, hop) })
		}
		paths = append(paths, path)
	}
	return sortPaths(paths)
}

// alike tells whether two paths have the merits that come before their next hops:
// preference, length and origin.
func alike(a, b bird.Path) bool {
	return a.BGP != nil && b.BGP != nil && a.BGP.LocalPref == b.BGP.LocalPref &&
		len(a.BGP.ASPath) == len(b.BGP.ASPath) && a.BGP.Origin == b.BGP.Origin
}

// communities joins standard and large ones.
func communities(standard, large []string) []string {
	return slices.SortedFunc(slices.Values(slices.Concat(standard, large)), rib.CompareCommunities)
}

func sortPaths(paths []Path) []Path {
	first := func(p Path) int {
		if p.Best {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(paths, func(a, b Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(first(a), first(b)), a.Peer.Compare(b.Peer))
	})
	return paths
}
