package calico

import (
	"fmt"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/yamlfile"
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
	// Peer: the nodes are ordinary neighbours of the leaf, by iBGP or eBGP as their AS
	// numbers have it. The leaf sets itself as next hop.
	Peer NodePeering = "peer"
)

// Mode is a set of Calico resources plus what the fabric's routers must do for
// them.
type Mode struct {
	Name        string
	Description string
	// LeafToNode is what the leaves must do; it is not a Calico resource.
	LeafToNode NodePeering
	// LeafNodeSelector selects the nodes of its rack that a leaf peers with, by the
	// labels that they have at the beginning; empty for all.
	LeafNodeSelector string
	// RouteOwner is who programs the pool's routes on the nodes. It follows from the
	// resources and Calico's version (see CheckOwner); a mode states it so that it
	// does not change unnoticed.
	RouteOwner RouteOwner
	// Flannel is the pod network of a mode in which that is flannel's; nil where it is
	// Calico's.
	Flannel *Flannel
	// Backend says whether the nodes speak BGP.
	Backend   Backend
	Resources Resources

	// Warnings are the loader's remarks on a mode that it accepted.
	Warnings []string

	// sources has the resources as they are written, for the lines of messages.
	sources map[resourceID]yamlfile.Document
	// header is mode.yaml, nil for a mode that was not loaded from files.
	header *yamlfile.Document
}

// Resources are the Calico resources of a mode, as `calicoctl apply` takes them.
type Resources struct {
	BGPConfigurations []v3.BGPConfiguration
	BGPPeers          []v3.BGPPeer
	BGPFilters        []v3.BGPFilter
	// FelixConfigurations are the one named default, for all nodes, and those of
	// single nodes.
	FelixConfigurations []v3.FelixConfiguration
	IPPools             []v3.IPPool
	// Nodes are Calico Node resources (projectcalico.org/v3): per-node AS
	// numbers, route reflector cluster IDs and labels.
	Nodes []Node
}

// LeafPeersWith reports whether the leaf of a node's rack is to peer with the node.
func (m *Mode) LeafPeersWith(node topology.Host) (bool, error) {
	selector, err := ParseSelector(m.LeafNodeSelector)
	if err != nil {
		return false, fmt.Errorf("mode %s: leafNodeSelector: %w", m.Name, err)
	}
	return selector.Matches(m.Resources.NodeLabels(node)), nil
}
