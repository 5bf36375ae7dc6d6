package oracle

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// peering is one BGP protocol of a node's bird.cfg.
type peering struct {
	kind session.Kind
	// address and as are the neighbour's.
	address netip.Addr
	as      uint32
	// localAS is what the node calls itself towards the neighbour.
	localAS uint32
	// singleHop: without a `multihop` statement BIRD wants an eBGP neighbour on one
	// of its own links. The template states it for all peers but the mesh's.
	singleHop bool
	// client makes the neighbour a route reflector client.
	client                   bool
	nextHopSelf, nextHopKeep bool
	// allowedLocalAS is how often the node's own AS number may be in a received path.
	allowedLocalAS int
	// anySource: the kernel chooses the session's source address; else it is the
	// node IP.
	anySource bool
	// filters are the names of the BGPFilters, with commas between.
	filters  string
	password string
	// ttlSecurity is how many hops away the neighbour is at most, 0 where nobody asks.
	ttlSecurity int
}

// member is a node with what confd derives about it.
type member struct {
	Node
	address netip.Addr
	as      uint32
}

// host is the node's host in the topology.
func (m member) host(n network) *topology.Host {
	host, _ := n.Host(m.Name) // check has found it
	return host
}

// subnet is the node's, as Calico has it.
func (m member) subnet(n network) netip.Prefix {
	if m.Subnet.IsValid() {
		return m.Subnet.Masked()
	}
	return m.host(n).Interfaces[0].Address(route.FamilyOf(m.address)).Masked()
}

func (s State) members() []member {
	members := make([]member, 0, len(s.Nodes))
	for _, n := range s.Nodes {
		host, _ := s.Topology.Host(n.Name) // check has found it
		as := n.AS
		if as == 0 {
			as = s.Resources.DefaultAS()
		}
		members = append(members, member{Node: n, address: host.Address(), as: as})
	}
	return members
}

// pass is a step in which confd makes peerings. One that an earlier step made for
// the same node and neighbour stays.
type pass int

const (
	globalPass pass = iota
	specificPass
	reversePass
)

// peeringTable collects the peerings that BGPPeers ask for, as updatePeersV1 does
// (confd/pkg/backends/calico/client.go).
type peeringTable struct {
	byNode map[string]map[netip.Addr]claim
}

// claim is a peering and why it is there.
type claim struct {
	peering
	pass pass
	peer string
}

func (t peeringTable) claim(node member, p peering, in pass, peer string) error {
	if p.address == node.address {
		return nil // the template skips a node's peering with itself
	}
	before, taken := t.byNode[node.Name][p.address]
	switch {
	case !taken:
		t.byNode[node.Name][p.address] = claim{p, in, peer}
	case before.pass == in && before.peering != p:
		// confd goes through BGPPeers in the random order of a Go map.
		return refuse(v3.KindBGPPeer, peer, "spec", "BGPPeers %s and %s ask for different sessions of node %s with %s, and which of them Calico obeys is chance: remove one", before.peer, peer, node.Name, p.address)
	}
	return nil
}

// peerings are the BGP protocols of every node's bird.cfg.
func (s State) peerings() (map[string][]peering, error) {
	table, err := s.peeringTable()
	if err != nil {
		return nil, err
	}
	peerings := map[string][]peering{}
	for node, claims := range table.byNode {
		for _, c := range claims {
			peerings[node] = append(peerings[node], c.peering)
		}
		slices.SortFunc(peerings[node], func(a, b peering) int { return a.address.Compare(b.address) })
	}
	return peerings, nil
}

// peeringTable has every node's peerings with the reasons for them.
func (s State) peeringTable() (peeringTable, error) {
	members := s.members()
	table := peeringTable{byNode: map[string]map[netip.Addr]claim{}}
	for _, m := range members {
		table.byNode[m.Name] = map[netip.Addr]claim{}
	}
	for _, in := range []pass{globalPass, specificPass, reversePass} {
		for _, peer := range s.Resources.BGPPeers {
			if err := s.expand(peer, in, members, table); err != nil {
				return peeringTable{}, err
			}
		}
	}
	if s.Resources.MeshEnabled() {
		if err := joinMesh(members, table); err != nil {
			return peeringTable{}, err
		}
	}
	return table, nil
}

// expand claims the peerings that a BGPPeer asks for in one of confd's passes.
func (s State) expand(peer v3.BGPPeer, in pass, members []member, table peeringTable) error {
	near, err := selected(members, func(m member) (bool, error) { return calico.PeersWith(peer, m.Name, m.Labels) })
	if err != nil {
		return fmt.Errorf("oracle: %w", err)
	}
	far, err := remotes(peer, members)
	if err != nil {
		return fmt.Errorf("oracle: %w", err)
	}
	kind := session.NodeSpecific
	switch global := peer.Spec.Node == "" && peer.Spec.NodeSelector == ""; {
	case in == reversePass:
		if peer.Spec.ReversePeering != nil && *peer.Spec.ReversePeering == v3.ReversePeeringManual {
			return nil
		}
		// A neighbour that is a node itself gets the peering the other way round.
		near, far = slices.DeleteFunc(far, func(m member) bool { return m.Name == "" }), near
	case global != (in == globalPass):
		return nil
	case global:
		kind = session.Global
	}
	for _, node := range near {
		for _, remote := range far {
			p := newPeering(node, remote, kind)
			configure(&p, node, remote, peer, in == reversePass)
			if host, _ := s.Topology.Host(node.Name); p.anySource && !knownSource(host, p.address) {
				return refuse(v3.KindBGPPeer, peer.Name, "spec.sourceAddress", "node %s has several links and none of %s's, so with %s its address depends on its routes, which is not supported: use %s", node.Name, p.address, v3.SourceAddressNone, v3.SourceAddressUseNodeIP)
			}
			p.password = s.Passwords[peer.Name]
			if err := table.claim(node, p, in, peer.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// remotes are the neighbours that a BGPPeer names: the nodes that its
// peerSelector selects, or what is at its peerIP. For confd that is a node only
// where the AS number fits too (nodesWithIPPortAndAS); any other has no name here.
func remotes(peer v3.BGPPeer, members []member) ([]member, error) {
	if peer.Spec.PeerSelector != "" {
		selector, err := calico.ParseSelector(peer.Spec.PeerSelector)
		if err != nil {
			return nil, fmt.Errorf("BGPPeer %s: peerSelector: %w", peer.Name, err)
		}
		return selected(members, func(m member) (bool, error) { return selector.Matches(m.Labels), nil })
	}
	address, err := calico.PeerAddress(peer)
	if err != nil {
		return nil, err
	}
	as := uint32(peer.Spec.ASNumber)
	at := func(m member) bool { return m.address == address && m.as == as }
	if i := slices.IndexFunc(members, at); i >= 0 {
		return members[i : i+1 : i+1], nil
	}
	return []member{{address: address, as: as}}, nil
}

func selected(members []member, by func(member) (bool, error)) ([]member, error) {
	var chosen []member
	for _, m := range members {
		ok, err := by(m)
		if err != nil {
			return nil, err
		}
		if ok {
			chosen = append(chosen, m)
		}
	}
	return chosen, nil
}

// newPeering is a node's session with a neighbour, before a BGPPeer's options.
func newPeering(node, remote member, kind session.Kind) peering {
	return peering{kind: kind, address: remote.address, as: remote.as, localAS: node.as}
}

// configure adds a BGPPeer's options. Some hold only for a neighbour that is
// given by its address, as confd passes them on for no other.
func configure(p *peering, node, remote member, peer v3.BGPPeer, reverse bool) {
	byAddress := peer.Spec.PeerIP != "" && !reverse
	if byAddress && peer.Spec.LocalASNumber != nil {
		p.localAS = uint32(*peer.Spec.LocalASNumber)
	}
	if byAddress && peer.Spec.NumAllowedLocalASNumbers != nil {
		p.allowedLocalAS = int(*peer.Spec.NumAllowedLocalASNumbers)
	}
	internal := p.as == p.localAS
	switch {
	case peer.Spec.NextHopMode != nil:
		p.nextHopSelf = *peer.Spec.NextHopMode == v3.NextHopMode(v3.NextHopModeSelf)
		p.nextHopKeep = *peer.Spec.NextHopMode == v3.NextHopMode(v3.NextHopModeKeep)
	default:
		p.nextHopKeep = peer.Spec.KeepOriginalNextHop && !internal
	}
	p.anySource = peer.Spec.SourceAddress == v3.SourceAddressNone
	p.filters = strings.Join(peer.Spec.Filters, ",")
	if peer.Spec.TTLSecurity != nil {
		p.ttlSecurity = int(*peer.Spec.TTLSecurity)
	}
	// `rr client`: towards internal neighbours of another cluster, or of none. Of a
	// neighbour that is given by its address confd knows no cluster.
	remoteCluster := remote.ReflectorClusterID
	if byAddress {
		remoteCluster = ""
	}
	p.client = internal && node.ReflectorClusterID != "" && remoteCluster != node.ReflectorClusterID
}

// joinMesh claims the node-to-node mesh's peerings. Route reflectors take no part
// in it (bird.cfg.template, "Node-to-node mesh").
func joinMesh(members []member, table peeringTable) error {
	inMesh := func(m member) bool { return m.ReflectorClusterID == "" }
	for _, node := range members {
		for _, other := range members {
			if node.Name == other.Name || !inMesh(node) || !inMesh(other) {
				continue
			}
			if c, taken := table.byNode[node.Name][other.address]; taken {
				// The template writes both protocols, and BIRD brings one of them up.
				return refuse(v3.KindBGPPeer, c.peer, "spec", "node %s has a session with %s from the mesh and one from BGPPeer %s, and which of them comes up is chance: switch the mesh off, or remove the BGPPeer", node.Name, other.Name, c.peer)
			}
			p := newPeering(node, other, session.NodeToNodeMesh)
			p.singleHop = p.as != p.localAS
			table.byNode[node.Name][other.address] = claim{peering: p}
		}
	}
	return nil
}

// peer makes the session's end on the node.
func (p peering) peer(s *bgp.Speaker) *bgp.Peer {
	local := s.Host.Address()
	if p.anySource {
		local = sourceAddress(s.Host, p.address)
	}
	end := &bgp.Peer{
		Speaker: s,
		Local:   local, Remote: p.address,
		Session: session.Session{Peer: p.address, Kind: p.kind, LocalAS: p.localAS, PeerAS: p.as, State: session.Down},
		Client:  p.client, NextHopSelf: p.nextHopSelf, NextHopKeep: p.nextHopKeep,
		SingleHop: p.singleHop, AllowedLocalAS: p.allowedLocalAS,
		Password: p.password, TTL: birdMultihop,
	}
	switch {
	case p.ttlSecurity > 0:
		end.TTL, end.MinTTL = maxTTL, maxTTL+1-p.ttlSecurity
	case p.singleHop:
		end.TTL = 1
	}
	return end
}

// knownSource reports whether a host's address towards a neighbour follows from its links
// alone, without its routes (see sourceAddress).
func knownSource(host *topology.Host, neighbor netip.Addr) bool {
	return len(host.Interfaces) == 1 || slices.ContainsFunc(host.Interfaces, func(i topology.Interface) bool { return i.Reaches(neighbor) })
}

// sourceAddress is the address that a host speaks from to a neighbour if it is
// not told one: that on their common link. A neighbour further away sees the
// host's first address; BGPPeers of nodes with several links are refused then.
func sourceAddress(host *topology.Host, neighbor netip.Addr) netip.Addr {
	for _, port := range host.Interfaces {
		if port.Reaches(neighbor) {
			return port.Address(route.FamilyOf(neighbor)).Addr()
		}
	}
	return host.Address()
}
