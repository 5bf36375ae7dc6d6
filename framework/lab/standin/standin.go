// Package standin lists where a lab is not what it stands for: programs and timers that
// take the place of others, answers that come another way, and what is left out. It has
// data and no logic of a lab. Providers add what is different in theirs.
// docs/differences.md is made from these lists, and a suite's report names what its
// verdicts rest on.
package standin

import (
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// StandIn is one difference between a lab and the real thing.
type StandIn struct {
	// Name is one word for reports. It keeps its meaning.
	Name string
	// Only narrows it down to some labs; empty for all.
	Only Trait
	// The stand-in is What, and Real is the real thing. Differs describes the effect on a
	// verdict: a race, an answer that is read or not, another order, other timers.
	What, Real, Differs string
	// Affects are requirement ids, or beginnings of them, whose verdicts rest on it. All
	// is for every one; nothing is for none.
	Affects []string
	// ComparedBy are the tests that compare the two, as files of the repository. Where
	// there are none the difference is described and not tested.
	ComparedBy []string
}

// All stands for every requirement.
const All = ""

// Trait is what only some labs have.
type Trait string

// The traits.
const (
	// FRR labs have a router that runs FRR, and BIRDRouter labs one that runs BIRD.
	FRR        Trait = "routers with FRR"
	BIRDRouter Trait = "routers with BIRD"
	// Tunnels labs have a pool with an encapsulation.
	Tunnels Trait = "modes with tunnels"
	// BIRDNodes labs have nodes that run BIRD, and StockBIRD labs nodes with a stock BIRD
	// instead of Calico's own.
	BIRDNodes Trait = "nodes with BIRD"
	StockBIRD Trait = "nodes with stock BIRD"
	// ExternalReflector labs have a reflector outside the cluster.
	ExternalReflector Trait = "topologies with a reflector"
	// Canal labs have nodes with flannel, and Calico for policies alone.
	Canal Trait = "modes with flannel"
	// UML labs are inside User-Mode Linux.
	UML Trait = "User-Mode Linux"
)

// Lab is what decides which stand-ins a lab has.
type Lab struct {
	// Own are the stand-ins of the lab's provider.
	Own      []StandIn
	Topology *topology.Topology
	Mode     *calico.Mode
	// StockBIRD says that the nodes run a stock BIRD.
	StockBIRD bool
	// UML says that the lab is inside User-Mode Linux.
	UML bool
}

// Template is the stand-in for Calico's kernel filter of BIRD.
const Template = "bird-template"

// RestOnTemplate returns those of some requirements whose verdicts in a lab rest on an
// adapted kernel filter.
func RestOnTemplate(lab Lab, ids ...string) []string {
	list := Shared()
	template := list[slices.IndexFunc(list, func(s StandIn) bool { return s.Name == Template })]
	if !lab.has(template) || !lab.has(StandIn{Only: Tunnels}) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !template.affects(id) })
}

// RestsOn returns the names of the stand-ins on which the verdicts of requirements rest
// in a lab, those of all labs first.
func RestsOn(lab Lab, ids ...string) []string {
	var names []string
	for _, s := range append(Shared(), lab.Own...) {
		if lab.has(s) && slices.ContainsFunc(ids, s.affects) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (l Lab) has(s StandIn) bool {
	runs := func(software topology.Software) bool {
		return slices.ContainsFunc(l.Topology.Hosts, func(h topology.Host) bool { return h.Software == software })
	}
	switch s.Only {
	case FRR:
		return runs(frr.Name)
	case BIRDRouter:
		return runs(bird.Name)
	case Tunnels:
		for _, pool := range l.Mode.Resources.IPPools {
			if calico.EncapsulationOf(pool) != calico.NoEncapsulation {
				return true
			}
		}
		return false
	case BIRDNodes:
		return !l.Mode.WithoutBGP()
	case StockBIRD:
		return l.StockBIRD && !l.Mode.WithoutBGP()
	case ExternalReflector:
		return len(l.Topology.ByRole(topology.Reflector)) > 0
	case Canal:
		return l.Mode.Flannel != nil
	case UML:
		return l.UML
	}
	return true
}

func (s StandIn) affects(id string) bool {
	return slices.ContainsFunc(s.Affects, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
}
