package kind

import (
	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
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

// Options are what a lab is brought up with.
type Options struct {
	// Name is the lab's name; empty for one made from the topology's.
	Name     string
	Topology *topology.Topology
	Mode     *calico.Mode
	Images   Images
	// Components are those of the groups that labs on kind need: see component.Kind.
	Components component.Set
	// Workload are manifests of what runs in the cluster from the beginning.
	Workload []byte
	// Progress is told of phases as they begin and end, by several goroutines; nil for
	// nobody.
	Progress func(lab.Event)
}

// Phases are the phases of a bring-up, in the order in which they begin. The fabric
// is joined while the cluster comes up, and Calico begins as soon as the API answers.
func Phases() []string {
	return []string{phaseNetwork, phaseCluster, phaseFabric, phaseCalico}
}

const (
	phaseNetwork = "network"
	phaseCluster = "cluster"
	phaseFabric  = "fabric"
	phaseCalico  = "calico"
)
