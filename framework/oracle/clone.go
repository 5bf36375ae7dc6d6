package oracle

import (
	"maps"
	"slices"
)

// Clone returns a state of its own, to be changed without the first. Both share the
// topology and the routers' software: these stay as they are.
func (s State) Clone() State {
	s.Resources = s.Resources.Clone()
	s.Routers = slices.Clone(s.Routers)
	for i := range s.Routers {
		s.Routers[i] = s.Routers[i].Clone()
	}
	s.Nodes = slices.Clone(s.Nodes)
	for i := range s.Nodes {
		n := &s.Nodes[i]
		n.Labels = maps.Clone(n.Labels)
		n.Blocks, n.Borrowed = slices.Clone(n.Blocks), slices.Clone(n.Borrowed)
		n.EndRoutes, n.Workloads = slices.Clone(n.EndRoutes), slices.Clone(n.Workloads)
	}
	s.Services = slices.Clone(s.Services)
	for i := range s.Services {
		s.Services[i].Endpoints = slices.Clone(s.Services[i].Endpoints)
	}
	s.Passwords, s.CutLinks, s.CutEnds = maps.Clone(s.Passwords), maps.Clone(s.CutLinks), maps.Clone(s.CutEnds)
	s.Foreign = maps.Clone(s.Foreign)
	for host, table := range s.Foreign {
		s.Foreign[host] = slices.Clone(table)
	}
	return s
}
