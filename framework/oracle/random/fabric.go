package random

import (
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
)

// cut pulls a cable. A living lab loses those between routers alone: both ends notice at
// once, and nobody waits for a hold time or keeps routes of a neighbour that may restart.
func (g generator) cut(s *oracle.State) {
	links := slices.Clone(s.Topology.Links)
	if g.kind == Living {
		links = slices.DeleteFunc(links, func(l topology.Link) bool {
			return slices.ContainsFunc(l.Ends, func(end topology.Interface) bool {
				host, _ := s.Topology.Host(end.Host)
				return host.Role != topology.Leaf && host.Role != topology.Spine
			})
		})
	}
	if len(links) == 0 {
		return
	}
	link := links[g.IntN(len(links))]
	if g.kind == Living || g.IntN(2) == 0 {
		s.CutLinks = map[string]bool{link.Name: true}
		return
	}
	s.CutEnds = map[oracle.End]bool{{Link: link.Name, Host: link.Ends[g.IntN(len(link.Ends))].Host}: true}
}

// router changes what a router does.
func (g generator) router(s *oracle.State) {
	if len(s.Routers) == 0 {
		return
	}
	r := &s.Routers[g.IntN(len(s.Routers))]
	n := &r.Neighbors[g.IntN(len(r.Neighbors))]
	choices := []func(){
		func() { n.NextHopSelf = !n.NextHopSelf },
		func() { n.ReflectorClient = n.AS == r.AS },
		func() { n.TTLSecurity = pick(g, 1, 2, 64) },
		func() { n.Password = "secret" },
		func() {
			n.AS = pick(g, r.AS, 64512, 65005)
			n.ReflectorClient = n.ReflectorClient && n.AS == r.AS
		},
		func() { r.Networks = r.Networks[:g.IntN(len(r.Networks)+1)] },
		func() { g.neighbor(s, r) },
		func() { able(s, r, func() { r.GracefulShutdown = true }) },
	}
	if g.kind == Anything {
		// These start a program again.
		choices = append(choices,
			func() { r.Software = pick(g, slices.Sorted(maps.Keys(s.Software))...) },
			func() { r.AS = pick[uint32](g, 64512, 65005) },
			// FRR 8.4 may lose its withdrawal, when other things change at the same time.
			func() { able(s, r, func() { n.DefaultOriginate = true }) })
	}
	choices[g.IntN(len(choices))]()
}

// able makes a change of a router that its software may not know, and takes it back if so.
func able(s *oracle.State, r *fabric.Router, change func()) {
	before := r.Clone()
	change()
	if software, ok := s.Software[r.Software]; !ok || software.Check(*r) != nil {
		*r = before
	}
}

// neighbor has a router peer with one more node. In a living lab it is a node of the
// router's own links, as a router can speak from an address of its own alone.
func (g generator) neighbor(s *oracle.State, r *fabric.Router) {
	node := g.node(s)
	at, _ := s.Topology.Host(node.Name)
	if slices.ContainsFunc(r.Neighbors, func(n fabric.Neighbor) bool { return n.Address == at.Address() }) {
		return
	}
	added := fabric.Neighbor{Host: node.Name, Address: at.Address(), AS: pick(g, r.AS, 64512, 65005)}
	for _, own := range s.Topology.Peers(node.Name) {
		if own.Host == r.Host {
			added.Local = own.Addresses[0].Addr()
		}
	}
	if g.kind == Living && !added.Local.IsValid() {
		return
	}
	r.Neighbors = append(r.Neighbors, added)
}
