package observe

import (
	"context"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/rib"
)

// Paths reads what all nodes and routers of a lab have from their BGP neighbours,
// used or not. With an error come the paths of those hosts that could be read.
func Paths(ctx context.Context, l lab.Lab, routers []fabric.Router) (rib.Tables, error) {
	readers := map[string]func(context.Context, lab.Host) (rib.Paths, error){}
	for _, node := range l.Topology().Nodes() {
		readers[node.Name] = NodePaths
	}
	for _, router := range routers {
		readers[router.Host] = routerPaths
	}
	return fromEach(ctx, l, readers)
}

// NodePaths reads what a node's BIRD has from its BGP neighbours.
func NodePaths(ctx context.Context, host lab.Host) (rib.Paths, error) {
	found, err := BIRDRoutes(ctx, host)
	if err != nil {
		return nil, err
	}
	var paths rib.Paths
	for _, p := range found {
		if p.BGP == nil || !p.Peer.IsValid() {
			continue
		}
		paths = append(paths, rib.Path{
			Prefix: p.Prefix, Peer: p.Peer, NextHop: p.BGP.NextHop, ASPath: p.BGP.ASPath,
			OriginatorID: p.BGP.OriginatorID, ClusterList: p.BGP.ClusterList,
			Communities: sortedCommunities(slices.Concat(p.BGP.Communities, p.BGP.LargeCommunities)),
		})
	}
	return paths.Sorted(), nil
}

func routerPaths(ctx context.Context, host lab.Host) (rib.Paths, error) {
	found, err := RouterRIB(ctx, host)
	if err != nil {
		return nil, err
	}
	var paths rib.Paths
	for _, p := range found.Paths {
		if !p.Peer.IsValid() || len(p.NextHops) == 0 {
			continue
		}
		paths = append(paths, rib.Path{
			Prefix: p.Prefix, Peer: p.Peer, NextHop: p.NextHops[0], ASPath: p.ASPath,
			OriginatorID: p.OriginatorID, ClusterList: p.ClusterList,
			Communities: sortedCommunities(slices.Concat(p.Communities, p.LargeCommunities)),
		})
	}
	return paths.Sorted(), nil
}

func sortedCommunities(communities []string) []string {
	return slices.SortedFunc(slices.Values(communities), rib.CompareCommunities)
}
