package bird

import "github.com/rackproof/rackproof/framework/route"

// NodeService returns the name of the service that is a node's BIRD of a family: Calico
// runs one for each.
func NodeService(family route.Family) string {
	if family == route.IPv6 {
		return "bird6"
	}
	return "bird"
}

// OnNode returns a node's BIRD of a family.
func OnNode(family route.Family) Instance { return NodeInstance(NodeService(family)) }
