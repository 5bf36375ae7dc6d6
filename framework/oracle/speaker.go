package oracle

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird/behaviour"
	"github.com/rackproof/rackproof/framework/session"
)

// speakers makes all speakers of the state, in the order of their hosts' names.
func (s State) speakers(n network) ([]*bgp.Speaker, error) {
	speakers, err := s.nodeSpeakers(n)
	if err != nil {
		return nil, err
	}
	for _, r := range s.Routers {
		speakers = append(speakers, s.routerSpeaker(n, r))
	}
	slices.SortFunc(speakers, func(a, b *bgp.Speaker) int { return cmp.Compare(a.Host.Name, b.Host.Name) })
	pair(speakers)
	return speakers, nil
}

// nodeSpeakers makes the nodes' speakers, if nodes have BGP.
func (s State) nodeSpeakers(n network) ([]*bgp.Speaker, error) {
	if s.WithoutBGP() {
		return nil, nil
	}
	peerings, err := s.peerings()
	if err != nil {
		return nil, err
	}
	var speakers []*bgp.Speaker
	members := s.members()
	tunnels := s.felix(members)
	for _, m := range members {
		if !m.Gone {
			speakers = append(speakers, s.nodeSpeaker(n, tunnels, m, peerings[m.Name]))
		}
	}
	return speakers, nil
}

func (s State) routerSpeaker(n network, r fabric.Router) *bgp.Speaker {
	host, _ := n.Host(r.Host) // check has found it
	speaker := &bgp.Speaker{Host: host, ID: r.RouterID, ClusterID: r.RouterID, Base: n.table(host)}
	s.Software[r.Software].Configure(speaker, r) // check has found it
	for _, neighbor := range r.Neighbors {
		p := &bgp.Peer{
			Speaker: speaker,
			Local:   sourceAddress(host, neighbor.Address), Remote: neighbor.Address,
			Session: session.Session{Peer: neighbor.Address, Kind: session.FabricPeer, LocalAS: r.AS, PeerAS: neighbor.AS, State: session.Down},
			Client:  neighbor.ReflectorClient, NextHopSelf: neighbor.NextHopSelf, DefaultOriginate: neighbor.DefaultOriginate,
			Password: neighbor.Password, TTL: maxTTL,
		}
		if !p.Internal() {
			// eBGP sessions have TTL 1 unless told otherwise (`ebgp-multihop`).
			p.SingleHop, p.GatewayDirect, p.TTL = true, true, 1
		}
		if hops := neighbor.TTLSecurity; hops > 0 {
			p.TTL, p.MinTTL, p.SingleHop = maxTTL, maxTTL+1-hops, hops == 1
		}
		speaker.Peers = append(speaker.Peers, p)
	}
	return speaker
}

// nodeSpeaker makes a node's BIRD: its protocols `direct`, `static` and `kernel`
// bring the paths of its own, its `bgp` protocols the peers.
func (s State) nodeSpeaker(n network, tunnels felix, m member, peerings []peering) *bgp.Speaker {
	host := m.host(n)
	policy := s.nodePolicy(n, m, tunnels)
	node := &bgp.Speaker{Host: host, Behaviour: behaviour.BIRD{Policy: policy, AddPaths: true}, ID: m.address, Base: n.table(host)}
	if m.ReflectorClusterID != "" {
		node.ClusterID, _ = netip.ParseAddr(m.ReflectorClusterID) // check has parsed it
	}
	node.Base = slices.Concat(node.Base, workloadRoutes(m), tunnels.routes(n, m))
	node.Base = append(node.Base, s.Foreign[m.Name]...)
	node.Own = behaviour.Inherit(node.Base)
	if p, ok := tunnels.tunnelPath(m); ok {
		node.Own = append(node.Own, p)
	}
	// A block of one address has no static route (bird_aggr.cfg.template).
	static := slices.DeleteFunc(slices.Clone(m.Blocks), netip.Prefix.IsSingleIP)
	for _, prefix := range slices.Concat(static, policy.originated) {
		node.Own = append(node.Own, bgp.Path{
			Prefix: prefix, Preference: behaviour.Static, Attributes: bgp.Attributes{LocalPref: path.DefaultLocalPref},
			Way: bgp.Way{Kind: route.Blackhole},
		})
	}
	for _, p := range peerings {
		end := p.peer(node)
		policy.filters[end] = s.filtersOf(p)
		node.Peers = append(node.Peers, end)
	}
	return node
}

// workloadRoutes are those that Felix makes to a node's own pods.
func workloadRoutes(m member) route.Table {
	var table route.Table
	for _, w := range m.Workloads {
		table = append(table, route.Route{
			Prefix:   route.Single(w.Address),
			NextHops: []route.NextHop{{Dev: w.Interface}},
			Origin:   route.OriginBoot, // DeviceRouteProtocol
		})
	}
	return table
}
