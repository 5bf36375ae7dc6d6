package oracle

import (
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/path"
)

// Paths are the paths that every node and router must have from its BGP
// neighbours, used or not.
func (s State) Paths() (path.Tables, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	all := path.Tables{}
	for _, speaker := range r.speakers {
		var paths path.Paths
		for _, peer := range speaker.Peers {
			for _, p := range peer.Received {
				paths = append(paths, path.Path{
					Prefix: p.Prefix, Peer: peer.Remote, NextHop: p.NextHop, ASPath: p.ASPath,
					OriginatorID: p.Originator, ClusterList: p.Clusters, Communities: p.Communities,
					LocalPref: p.LocalPref, MED: p.MED,
				})
			}
		}
		all[speaker.Host.Name] = paths.Sorted()
	}
	return all, nil
}

// Undecided names what chance decides: the paths that hosts pass on by the order in which
// equal ones of one neighbour arrived, of which the oracle has one, and sessions for whose
// place two connections compete.
func (s State) Undecided() ([]string, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	return append(bgp.Undecided(r.speakers), contested(r.speakers)...), nil
}

// WithoutLeftovers leaves out of the paths that hosts have those that a neighbour may have
// failed to withdraw (bgp.Leftovers), where the host is to have none of that neighbour for
// the prefix. Chance decides whether they are there.
func (s State) WithoutLeftovers(seen path.Tables) (path.Tables, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	left := map[bgp.Leftover]bool{}
	for _, l := range bgp.Leftovers(r.speakers) {
		left[l] = true
	}
	kept := maps.Clone(seen)
	for host, paths := range kept {
		kept[host] = slices.DeleteFunc(slices.Clone(paths), func(p path.Path) bool {
			return left[bgp.Leftover{Host: host, Peer: p.Peer, Prefix: p.Prefix}]
		})
	}
	return kept, nil
}
