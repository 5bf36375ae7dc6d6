package calico

import (
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
)

// NodePeering says how the leaves treat their rack's nodes in a mode.
type NodePeering string

// How a leaf peers with the nodes of its rack.
const (
	// NoPeering: the leaf has no BGP session with nodes.
	NoPeering NodePeering = "none"
	// Reflector: iBGP, the nodes are the leaf's route reflector clients, and the
	// leaf sets itself as next hop of what it learned from outside its AS.
	Reflector NodePeering = "reflector"
)

// Mode is a set of Calico resources plus what the fabric's routers must do for
// them.
type Mode struct {
	Name        string
	Description string
	// LeafToNode is what the leaves must do; it is not a Calico resource.
	LeafToNode NodePeering
	Resources  Resources

	// sources has the resources' files and lines, for messages.
	sources map[resourceID]string
}

// Resources are the Calico resources of a mode, as `calicoctl apply` takes them.
type Resources struct {
	BGPConfigurations []v3.BGPConfiguration
	BGPPeers          []v3.BGPPeer
	IPPools           []v3.IPPool
	// Nodes are Calico Node resources (projectcalico.org/v3): per-node AS
	// numbers, route reflector cluster IDs and labels.
	Nodes []Node
}
