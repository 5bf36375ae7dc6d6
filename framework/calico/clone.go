package calico

import "slices"

// Clone returns a copy whose lists and resources are its own. Nodes, which are read only,
// are shared.
func (r Resources) Clone() Resources {
	return Resources{
		BGPConfigurations: clones(r.BGPConfigurations), BGPPeers: clones(r.BGPPeers), BGPFilters: clones(r.BGPFilters),
		FelixConfigurations: clones(r.FelixConfigurations), IPPools: clones(r.IPPools), Nodes: slices.Clone(r.Nodes),
	}
}

// clones copies resources in depth.
func clones[T any, P interface {
	*T
	DeepCopy() *T
}](list []T) []T {
	copies := slices.Clone(list)
	for i := range copies {
		copies[i] = *P(&copies[i]).DeepCopy()
	}
	return copies
}
