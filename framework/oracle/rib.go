package oracle

import "github.com/rackproof/rackproof/framework/rib"

// Paths are the paths that every node and router must have from its BGP
// neighbours, used or not. LOCAL_PREF is left out: everything in a lab has the
// same.
func (s State) Paths() (rib.Tables, error) {
	r, err := s.reckon()
	if err != nil {
		return nil, err
	}
	all := rib.Tables{}
	for _, speaker := range r.speakers {
		var paths rib.Paths
		for _, peer := range speaker.peers {
			for _, p := range peer.received {
				paths = append(paths, rib.Path{
					Prefix: p.prefix, Peer: peer.remote, NextHop: p.nextHop, ASPath: p.asPath,
					OriginatorID: p.originator, ClusterList: p.clusters, Communities: p.communities,
				})
			}
		}
		all[speaker.host.Name] = paths.Sorted()
	}
	return all, nil
}
