package fuzz

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
)

// piece is one part of a state that differs from the state at the beginning: a resource, a
// setting of a node or router, a service, a cut link.
type piece struct {
	name string
	// put makes the part of a state what it is in the random one.
	put func(*oracle.State)
}

// names are the names of pieces.
func names(pieces []piece) []string {
	var list []string
	for _, p := range pieces {
		list = append(list, p.name)
	}
	return list
}

// assemble is the state at the beginning with some pieces.
func assemble(base oracle.State, pieces []piece) oracle.State {
	state := base.Clone()
	for _, p := range pieces {
		p.put(&state)
	}
	return state
}

// piecesOf takes a random state apart.
func piecesOf(base, state oracle.State) []piece {
	var all []piece
	was, is := base.Resources, state.Resources
	all = append(all, resources(was.IPPools, is.IPPools, "IPPool", func(p v3.IPPool) (string, any) { return p.Name, p.Spec },
		func(s *oracle.State) *[]v3.IPPool { return &s.Resources.IPPools })...)
	all = append(all, resources(was.BGPConfigurations, is.BGPConfigurations, "BGPConfiguration", func(c v3.BGPConfiguration) (string, any) { return c.Name, c.Spec },
		func(s *oracle.State) *[]v3.BGPConfiguration { return &s.Resources.BGPConfigurations })...)
	all = append(all, resources(was.BGPFilters, is.BGPFilters, "BGPFilter", func(f v3.BGPFilter) (string, any) { return f.Name, f.Spec },
		func(s *oracle.State) *[]v3.BGPFilter { return &s.Resources.BGPFilters })...)
	all = append(all, resources(was.BGPPeers, is.BGPPeers, "BGPPeer", func(p v3.BGPPeer) (string, any) { return p.Name, p.Spec },
		func(s *oracle.State) *[]v3.BGPPeer { return &s.Resources.BGPPeers })...)
	all = append(all, resources(base.Services, state.Services, "service", func(s oracle.Service) (string, any) { return s.Name, s },
		func(s *oracle.State) *[]oracle.Service { return &s.Services })...)
	all = append(all, resources(base.Routers, state.Routers, "router", func(r fabric.Router) (string, any) { return r.Host, r },
		func(s *oracle.State) *[]fabric.Router { return &s.Routers })...)
	for i, n := range state.Nodes {
		before := base.Nodes[i]
		for _, label := range slices.Sorted(maps.Keys(n.Labels)) {
			if value := n.Labels[label]; value != before.Labels[label] {
				all = append(all, piece{fmt.Sprintf("label %s=%s of node %s", label, value, n.Name), func(s *oracle.State) { s.Nodes[i].Labels[label] = value }})
			}
		}
		if n.AS != before.AS {
			all = append(all, piece{fmt.Sprintf("AS %d of node %s", n.AS, n.Name), func(s *oracle.State) { s.Nodes[i].AS = n.AS }})
		}
		if n.ReflectorClusterID != before.ReflectorClusterID {
			all = append(all, piece{fmt.Sprintf("reflector cluster %q of node %s", n.ReflectorClusterID, n.Name), func(s *oracle.State) { s.Nodes[i].ReflectorClusterID = n.ReflectorClusterID }})
		}
	}
	for _, link := range slices.Sorted(maps.Keys(state.CutLinks)) {
		all = append(all, piece{"cut of link " + link, func(s *oracle.State) { s.CutLinks[link] = true }})
	}
	return all
}

// resources are the pieces that are members of a list.
func resources[T any](was, is []T, kind string, read func(T) (name string, value any), list func(*oracle.State) *[]T) []piece {
	var all []piece
	find := func(in []T, name string) int {
		return slices.IndexFunc(in, func(r T) bool { other, _ := read(r); return other == name })
	}
	for _, r := range is {
		name, value := read(r)
		before := find(was, name)
		change := "added"
		if before >= 0 {
			if _, old := read(was[before]); reflect.DeepEqual(old, value) {
				continue
			}
			change = "changed"
		}
		all = append(all, piece{fmt.Sprintf("%s %s %s", change, kind, name), func(s *oracle.State) {
			if at := find(*list(s), name); at >= 0 {
				(*list(s))[at] = r
			} else {
				*list(s) = append(*list(s), r)
			}
		}})
	}
	return all
}

// describe shows pieces on one line.
func describe(pieces []piece) string { return strings.Join(names(pieces), ", ") }
