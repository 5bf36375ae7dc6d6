package kind

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/build/image"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// Names of a lab's images in fixtures/images/images.yaml. Drivers have those of routers.
const (
	imageNode   = "kind-node"
	imageClient = "client"
)

// provideImages finds the images that a topology's hosts need: those that were built
// here, else public ones, which are pulled where a registry can be reached. An image
// without a source is an *image.MissingError, which says how to make it. An image of
// another version of Rackproof is an *image.StaleError.
func provideImages(ctx context.Context, daemon *docker.Daemon, t *topology.Topology, progress io.Writer) (Images, error) {
	manifest, err := image.Load()
	if err != nil {
		return Images{}, err
	}
	software, err := routerImages(t)
	if err != nil {
		return Images{}, err
	}
	names := []string{imageNode, imageClient}
	for _, name := range software {
		names = append(names, name)
	}
	slices.Sort(names[2:])
	choices, err := manifest.Provide(ctx, daemon, progress, names...)
	if err != nil {
		return Images{}, err
	}
	images := Images{Node: choices[imageNode].Reference, Client: choices[imageClient].Reference, Routers: map[topology.Software]string{}}
	for runs, name := range software {
		images.Routers[runs] = choices[name].Reference
	}
	return images, nil
}

// routerImages are the images that a topology's routers need, by their software and the
// manifest's names.
func routerImages(t *topology.Topology) (map[topology.Software]string, error) {
	names := map[topology.Software]string{}
	for _, host := range t.Hosts {
		if !isRouter(host) {
			continue
		}
		driver, err := drivers.Of(host.Software)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", host.Name, err)
		}
		if driver.Image() == "" {
			return nil, fmt.Errorf("%s: %w: labs on kind have no image with %s: use another provider, or other software", host.Name, lab.ErrUnable, host.Software)
		}
		names[host.Software] = driver.Image()
	}
	return names, nil
}
