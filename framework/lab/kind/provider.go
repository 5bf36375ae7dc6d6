package kind

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab"
)

// Provider brings up labs of containers: a cluster of kind, a fabric of containerlab.
type Provider struct{}

var _ lab.Provider = Provider{}

// providerName is the provider's name.
const providerName = "kind"

// Name implements lab.Provider.
func (Provider) Name() string { return providerName }

// RunIfPart implements lab.Provider: the same program again makes containers.
func (Provider) RunIfPart() { runIfMaker() }

// CalicoVersion implements lab.Provider.
func (Provider) CalicoVersion() (string, error) {
	components, err := locate()
	return components.Version(component.CalicoNode), err
}

// CalicoBIRD implements lab.Provider. The images that Rackproof builds have the
// distribution's BIRD.
func (Provider) CalicoBIRD(_ context.Context, program string) (bool, error) {
	if program != "" {
		return false, fmt.Errorf("BIRD %s: %w: labs on kind run the BIRD of their images: use another provider", program, lab.ErrUnable)
	}
	return false, nil
}

// locate finds the components of the groups that labs on kind need.
func locate() (component.Set, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return component.Set{}, err
	}
	return component.Locate(cache, component.Kind)
}

// Phases implements lab.Provider. The fabric is joined while the cluster comes up, and Calico
// begins as soon as the API answers.
func (Provider) Phases() []string {
	return []string{phaseNetwork, phaseCluster, phaseFabric, phaseCalico}
}

const (
	phaseNetwork = "network"
	phaseCluster = "cluster"
	phaseFabric  = "fabric"
	phaseCalico  = "calico"
)

// Crowded implements lab.Provider: each lab has Kubernetes' programs on every node, which
// compute also when nothing happens, and takes several GiB.
func (Provider) Crowded() bool { return true }

// parts are what a lab is made of, beside its design.
type parts struct {
	lab.Options
	Images Images
	// Components are those of the groups that labs on kind need: see component.Kind.
	Components component.Set
}

// findParts finds components, and images, which are pulled where that is the way to get
// them.
func findParts(ctx context.Context, daemon *docker.Daemon, options lab.Options) (parts, error) {
	components, err := locate()
	if err != nil {
		return parts{}, err
	}
	images, err := provideImages(ctx, daemon, options.Topology, nil)
	return parts{options, images, components}, err
}
