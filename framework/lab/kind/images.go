package kind

import (
	"context"
	"io"

	"github.com/rackproof/rackproof/framework/docker"
	"github.com/rackproof/rackproof/framework/image"
	"github.com/rackproof/rackproof/framework/topology"
)

// Names of a lab's images in fixtures/images/images.yaml.
const (
	imageNode   = "kind-node"
	imageClient = "client"
	imageFRR    = "frr"
	imageBIRD   = "bird"
)

// ProvideImages finds the images that a topology's hosts need: those that were built
// here, else public ones, which are pulled where a registry can be reached. What
// cannot be had is an *image.MissingError, which says how to make it, and what was built
// by another version of Rackproof an *image.StaleError.
func ProvideImages(ctx context.Context, daemon *docker.Daemon, t *topology.Topology, progress io.Writer) (Images, error) {
	manifest, err := image.Load()
	if err != nil {
		return Images{}, err
	}
	choices, err := manifest.Provide(ctx, daemon, progress, imageNames(t)...)
	if err != nil {
		return Images{}, err
	}
	return Images{
		Node: choices[imageNode].Reference, Client: choices[imageClient].Reference,
		FRR: choices[imageFRR].Reference, BIRD: choices[imageBIRD].Reference,
	}, nil
}

// imageNames are the images that a topology's hosts need, by the manifest's names.
func imageNames(t *topology.Topology) []string {
	names := []string{imageNode, imageClient}
	seen := map[string]bool{}
	for _, host := range t.Hosts {
		name := imageFRR
		if host.Software == topology.BIRD {
			name = imageBIRD
		}
		if isRouter(host) && !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	return names
}
