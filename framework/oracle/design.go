package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// CheckDesign refuses a topology with a mode for which no lab could be right: the mode
// does not fit the topology, it asks for what the oracle does not support, or a node and
// a router do not agree on peering, so that their session never comes up. It makes
// nothing. software is what routers can run (State.Software). The error joins everything that is wrong, with file and line where they are
// known.
func CheckDesign(t *topology.Topology, m *calico.Mode, software map[topology.Software]bgp.Software) error {
	if err := m.Check(t); err != nil {
		return err
	}
	s, err := designedState(t, m, software)
	if err != nil {
		return err
	}
	problems := []error{s.checkResources()}
	for _, n := range m.Resources.Nodes {
		problems = append(problems, checkNode(t, n))
	}
	for _, r := range s.Routers {
		problems = append(problems, s.checkRouter(r))
	}
	if err := located(m, errors.Join(problems...)); err != nil || m.WithoutBGP() {
		return err
	}
	table, err := s.peeringTable()
	if err != nil {
		return located(m, err)
	}
	return errors.Join(design{t, m, s.Routers}.unanswered(table)...)
}

// DesignedSessions are the sessions that nodes and routers of a design are configured with,
// before a lab runs: no session has a state. Hosts without BGP have none.
func DesignedSessions(t *topology.Topology, m *calico.Mode, software map[topology.Software]bgp.Software) (session.Sessions, error) {
	if err := CheckDesign(t, m, software); err != nil || m.WithoutBGP() {
		return nil, err
	}
	s, err := designedState(t, m, software)
	if err != nil {
		return nil, err
	}
	peerings, err := s.peerings()
	if err != nil {
		return nil, err
	}
	all := session.Sessions{}
	for node, list := range peerings {
		for _, p := range list {
			all[node] = append(all[node], session.Session{Peer: p.address, Kind: p.kind, LocalAS: p.localAS, PeerAS: p.as})
		}
	}
	for _, r := range s.Routers {
		for _, n := range r.Neighbors {
			all[r.Host] = append(all[r.Host], session.Session{Peer: n.Address, Kind: session.FabricPeer, LocalAS: r.AS, PeerAS: n.AS})
		}
	}
	return all, nil
}

// designedState is what a lab begins with, as far as sessions depend on it.
func designedState(t *topology.Topology, m *calico.Mode, software map[topology.Software]bgp.Software) (State, error) {
	routers, err := fabric.Plan(t, m)
	if err != nil {
		return State{}, err
	}
	s := State{Topology: t, Resources: m.Resources, Routers: routers, Software: software, Flannel: m.Flannel, Backend: m.Backend}
	for _, host := range t.CalicoNodes() {
		s.Nodes = append(s.Nodes, Designed(host, m.Resources))
	}
	return s, nil
}

// Designed is a node as a mode begins with it, without what a cluster allots to it.
func Designed(host topology.Host, resources calico.Resources) Node {
	n := Node{Name: host.Name, Labels: resources.NodeLabels(host)}
	if own, ok := resources.Node(host.Name); ok && own.Spec.BGP != nil {
		n.ReflectorClusterID = own.Spec.BGP.RouteReflectorClusterID
		if own.Spec.BGP.ASNumber != nil {
			n.AS = uint32(*own.Spec.BGP.ASNumber)
		}
	}
	return n
}

// checkNode refuses what the state's check refuses of a node later.
func checkNode(t *topology.Topology, n calico.Node) error {
	host, _ := t.Host(n.Name) // the mode's check has found it
	if n.Spec.BGP == nil {
		return nil
	}
	if address := n.Spec.BGP.IPv4Address; address != "" && address != host.Interfaces[0].Address(route.IPv4).String() {
		return refuse(calico.KindNode, n.Name, "spec.bgp.ipv4Address", "ipv4Address %s is not the node's first address in topology %s, and a node speaks BGP from that alone: use %s, or list its link first", address, t.Name, host.Interfaces[0].Address(route.IPv4))
	}
	if id := n.Spec.BGP.RouteReflectorClusterID; id != "" {
		// BIRD takes 0.0.0.0 for none, and the router ID in its place.
		if a, err := netip.ParseAddr(id); err == nil && a.IsUnspecified() {
			return refuse(calico.KindNode, n.Name, "spec.bgp.routeReflectorClusterID", "cluster ID %s is that of no cluster for BIRD: use one as in 244.0.0.1", id)
		}
	}
	return nil
}

// located gives refusals their file and line.
func located(m *calico.Mode, err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, located(m, one))
		}
		return errors.Join(all...)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return m.Errorf(refusal.Kind, refusal.Name, refusal.Path, "%w", refusal.Err)
	}
	return err
}

// design is a topology with a mode and what the routers do in it.
type design struct {
	topology *topology.Topology
	mode     *calico.Mode
	routers  []fabric.Router
}

// unanswered finds sessions of which one end alone is configured.
func (d design) unanswered(table peeringTable) []error {
	type asked struct{ peer, router, reason string }
	nodes := map[asked][]string{}
	for _, host := range d.topology.CalicoNodes() {
		for _, c := range table.byNode[host.Name] {
			name, ok := d.topology.HostOf(c.address)
			far, _ := d.topology.Host(name)
			if !ok || c.peer == "" {
				continue
			}
			if reason := d.refusalOf(*far, host, c.address); reason != "" {
				key := asked{c.peer, fmt.Sprintf("%s (%s)", name, c.address), reason}
				nodes[key] = append(nodes[key], host.Name)
			}
		}
	}
	var problems []error
	for _, key := range slices.SortedFunc(maps.Keys(nodes), func(a, b asked) int {
		return cmp.Or(cmp.Compare(a.peer, b.peer), cmp.Compare(a.router, b.router), cmp.Compare(a.reason, b.reason))
	}) {
		problems = append(problems, d.mode.Errorf(v3.KindBGPPeer, key.peer, "spec",
			"%s would peer with %s, which does not peer with %s: %s", list(nodes[key]), key.router, them(nodes[key]), key.reason))
	}
	for _, r := range d.routers {
		for _, n := range r.Neighbors {
			if host, _ := d.topology.Host(n.Host); host.Role != topology.Node || d.asks(table, *host, r) {
				continue
			}
			problems = append(problems, d.mode.HeaderErrorf("leafToNode", "%s would peer with %s (%s), and no BGPPeer has the node peer with %s: add a BGPPeer, or leave the node out by leafNodeSelector", r.Host, n.Host, n.Address, n.Local))
		}
	}
	return problems
}

// asks reports whether a node peers with one of a router's addresses.
func (d design) asks(table peeringTable, node topology.Host, r fabric.Router) bool {
	for address := range table.byNode[node.Name] {
		if name, ok := d.topology.HostOf(address); ok && name == r.Host {
			return true
		}
	}
	return false
}

// refusalOf says why a host does not answer a node that peers with an address of it;
// empty if it does.
func (d design) refusalOf(far, node topology.Host, address netip.Addr) string {
	if far.Role.RunsCalico() {
		if address != far.Address() {
			return fmt.Sprintf("a node speaks BGP from its first address alone: use %s", far.Address())
		}
		return ""
	}
	for _, r := range d.routers {
		at := func(n fabric.Neighbor) bool { return n.Host == node.Name && n.Local == address }
		if r.Host == far.Name && slices.ContainsFunc(r.Neighbors, at) {
			return ""
		}
	}
	link := linkOf(node, node.Address())
	onFirst := slices.IndexFunc(far.Interfaces, func(i topology.Interface) bool { return i.Link == link })
	switch {
	case far.Role != topology.Leaf:
		return fmt.Sprintf("it is a %s, and nodes peer with leaves alone: use the address of a leaf", far.Role)
	case d.mode.LeafToNode == calico.NoPeering:
		return fmt.Sprintf("mode.yaml has leafToNode: %s, by which leaves peer with no node: use %s or %s there", calico.NoPeering, calico.Peer, calico.Reflector)
	case far.Rack != node.Rack:
		return fmt.Sprintf("a leaf peers with the nodes of its own rack alone, and it is in %s: select the nodes of %s by nodeSelector", far.Rack, far.Rack)
	case onFirst < 0:
		return fmt.Sprintf("a router peers with a node's first address alone, that on link %s, and %s is not on it; nodes that peer from an address on each of several links are not supported. Put %s on link %s, or peer with the leaves that are on it", link, far.Name, far.Name, link)
	case !far.Interfaces[onFirst].Has(address):
		return fmt.Sprintf("it peers from its address on link %s: use %s", link, far.Interfaces[onFirst].Address(route.FamilyOf(address)).Addr())
	}
	return fmt.Sprintf("mode.yaml's leafNodeSelector (%s) leaves it out: correct one of the two selectors", d.mode.LeafNodeSelector)
}

// linkOf names the link on which a host has an address.
func linkOf(host topology.Host, address netip.Addr) string {
	for _, i := range host.Interfaces {
		if i.Has(address) {
			return i.Link
		}
	}
	return ""
}

// list writes names as people do.
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func them(names []string) string {
	if len(names) == 1 {
		return "it"
	}
	return "them"
}
