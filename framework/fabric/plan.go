package fabric

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Plan says what the leaves and spines of a topology do in a mode. Leaves and
// spines that share a link peer by eBGP and originate the prefixes of all their
// links, as article 1's `network` statements do; what leaves do with nodes is
// the mode's to say. A router without neighbours has nothing to run and is not in
// the plan. The routers come in the order of the topology, neighbours and
// networks in the order of its links.
func Plan(t *topology.Topology, m *calico.Mode) ([]Router, error) {
	var routers []Router
	var problems []error
	for _, host := range t.Hosts {
		if host.Role != topology.Leaf && host.Role != topology.Spine {
			continue
		}
		router := Router{Host: host.Name, Software: host.Software, AS: host.AS, RouterID: host.RouterID, GracefulShutdown: host.GracefulShutdown}
		for _, port := range host.Interfaces {
			for _, address := range port.Addresses {
				router.Networks = append(router.Networks, address.Masked())
			}
		}
		for _, end := range t.Peers(host.Name) {
			peer, _ := t.Host(end.Host)
			for _, address := range end.Addresses {
				neighbor, ok, err := plan(t, host, *peer, address.Addr(), m)
				if err != nil {
					problems = append(problems, err)
				}
				if ok {
					neighbor.Local = own(t, host.Name, end.Link, route.FamilyOf(address.Addr()))
					neighbor.DefaultOriginate = slices.Contains(host.DefaultOriginate, neighbor.Host)
					router.Neighbors = append(router.Neighbors, neighbor)
				}
			}
		}
		for _, name := range host.DefaultOriginate {
			if !slices.ContainsFunc(router.Neighbors, func(n Neighbor) bool { return n.Host == name }) {
				problems = append(problems, t.HostErrorf(host.Name, "%s announces a default route to %s, with which it does not peer in mode %s: take %s out of defaultOriginate", host.Name, name, m.Name, name))
			}
		}
		if len(router.Neighbors) > 0 {
			routers = append(routers, router)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return routers, nil
}

// own is a host's address of a family on one of its links.
func own(t *topology.Topology, host, link string, family route.Family) netip.Addr {
	found, ok := t.Link(link)
	if !ok {
		return netip.Addr{}
	}
	end, _ := found.End(host)
	return end.Address(family).Addr()
}

// plan says whether and how a leaf or spine peers with a host on one of its
// links.
func plan(t *topology.Topology, router, peer topology.Host, address netip.Addr, m *calico.Mode) (Neighbor, bool, error) {
	neighbor := Neighbor{Host: peer.Name, Address: address, AS: peer.AS}
	switch {
	case router.Role == topology.Leaf && peer.Role == topology.Spine,
		router.Role == topology.Spine && peer.Role == topology.Leaf:
		if router.AS == peer.AS {
			return Neighbor{}, false, t.HostErrorf(router.Name, "%s has AS %d and so has its neighbor %s, but leaves and spines peer by eBGP: change one", router.Name, router.AS, peer.Name)
		}
		return neighbor, true, nil
	case m.LeafToNode != calico.NoPeering && router.Role == topology.Leaf && peer.Role == topology.Node &&
		router.Rack == peer.Rack && address == peer.Address(): // a node speaks BGP from its node IP alone
		chosen, err := m.LeafPeersWith(peer)
		if err != nil || !chosen {
			return Neighbor{}, false, err
		}
		neighbor.AS, neighbor.NextHopSelf = m.Resources.NodeAS(peer.Name), true
		if m.LeafToNode != calico.Reflector {
			return neighbor, true, nil
		}
		if neighbor.AS != router.AS {
			const rule = "a route reflector's clients are in its own AS (RFC 4456)"
			if _, ok := m.Resources.Node(peer.Name); ok {
				return Neighbor{}, false, m.Errorf(calico.KindNode, peer.Name, "spec.bgp.asNumber", "it has AS %d and leaf %s has AS %d, but %s: give it asNumber %d", neighbor.AS, router.Name, router.AS, rule, router.AS)
			}
			return Neighbor{}, false, m.HeaderErrorf("leafToNode", "node %s has AS %d and leaf %s has AS %d, but %s: give the mode a Node %s with asNumber %d", peer.Name, neighbor.AS, router.Name, router.AS, rule, peer.Name, router.AS)
		}
		neighbor.ReflectorClient = true
		return neighbor, true, nil
	}
	return Neighbor{}, false, nil
}
