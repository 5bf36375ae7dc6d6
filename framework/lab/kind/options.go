package kind

import (
	"github.com/rackproof/rackproof/framework/topology"
)

// Images are the names of the images that Docker runs. Those that the cluster runs are
// the kind node's to have, or to pull.
type Images struct {
	// Node is a node of kind.
	Node string `json:"node"`
	// Routers are those of routers, by their software. Its programs are started in them;
	// what the image starts by itself is not.
	Routers map[topology.Software]string `json:"routers"`
	// Client is every host outside of the cluster, and keeps the bridges.
	Client string `json:"client"`
}
