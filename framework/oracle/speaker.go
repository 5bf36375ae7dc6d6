package oracle

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// speakers makes all speakers of the state, in the order of their hosts' names.
func (s State) speakers(n network) ([]*speaker, error) {
	peerings, err := s.peerings()
	if err != nil {
		return nil, err
	}
	var speakers []*speaker
	members := s.members()
	tunnels := s.felix(members)
	for _, m := range members {
		if !m.Gone {
			speakers = append(speakers, s.nodeSpeaker(n, tunnels, m, peerings[m.Name]))
		}
	}
	for _, r := range s.Routers {
		speakers = append(speakers, routerSpeaker(n, r))
	}
	slices.SortFunc(speakers, func(a, b *speaker) int { return cmp.Compare(a.host.Name, b.host.Name) })
	pair(speakers)
	return speakers, nil
}

func routerSpeaker(n network, r fabric.Router) *speaker {
	host, _ := n.Host(r.Host) // check has found it
	s := &speaker{host: host, id: r.RouterID, clusterID: r.RouterID, base: n.table(host)}
	switch r.Software {
	case topology.BIRD:
		configureBIRD(s, r)
	default:
		configureFRR(s, r)
	}
	for _, neighbor := range r.Neighbors {
		p := &peer{
			speaker: s,
			local:   sourceAddress(host, neighbor.Address), remote: neighbor.Address,
			session: session.Session{Peer: neighbor.Address, Kind: session.FabricPeer, LocalAS: r.AS, PeerAS: neighbor.AS, State: session.Down},
			client:  neighbor.ReflectorClient, nextHopSelf: neighbor.NextHopSelf,
			password: neighbor.Password, ttl: maxTTL,
		}
		if !p.internal() {
			// eBGP sessions have TTL 1 unless told otherwise (`ebgp-multihop`).
			p.singleHop, p.gatewayDirect, p.ttl = true, true, 1
		}
		if hops := neighbor.TTLSecurity; hops > 0 {
			p.ttl, p.minTTL, p.singleHop = maxTTL, maxTTL+1-hops, hops == 1
		}
		s.peers = append(s.peers, p)
	}
	return s
}

// nodeSpeaker makes a node's BIRD: its protocols `direct`, `static` and `kernel`
// bring the paths of its own, its `bgp` protocols the peers.
func (s State) nodeSpeaker(n network, tunnels felix, m member, peerings []peering) *speaker {
	host := m.host(n)
	policy := s.nodePolicy(m, tunnels)
	node := &speaker{host: host, daemon: bird{policy: policy, addPaths: true}, id: m.address, base: n.table(host)}
	if m.ReflectorClusterID != "" {
		node.clusterID, _ = netip.ParseAddr(m.ReflectorClusterID) // check has parsed it
	}
	for _, w := range m.Workloads {
		node.base = append(node.base, route.Route{
			Prefix:   netip.PrefixFrom(w.Address, w.Address.BitLen()),
			NextHops: []route.NextHop{{Dev: w.Interface}},
			Origin:   route.OriginBoot, // Felix's DeviceRouteProtocol
		})
	}
	node.base = append(node.base, tunnels.routes(n, m)...)
	node.own = inheritedPaths(node.base)
	if p, ok := tunnels.tunnelPath(m); ok {
		node.own = append(node.own, p)
	}
	// A block of one address has no static route (bird_aggr.cfg.template).
	static := slices.DeleteFunc(slices.Clone(m.Blocks), netip.Prefix.IsSingleIP)
	for _, prefix := range slices.Concat(static, policy.originated) {
		node.own = append(node.own, path{
			prefix: prefix, preference: birdStatic, attributes: attributes{localPref: defaultLocalPref},
			way: way{kind: route.Blackhole},
		})
	}
	for _, p := range peerings {
		end := p.peer(node)
		policy.filters[end] = s.filtersOf(p)
		node.peers = append(node.peers, end)
	}
	return node
}
