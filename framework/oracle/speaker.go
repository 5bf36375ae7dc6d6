package oracle

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// speaker is a host that speaks BGP.
type speaker struct {
	host   *topology.Host
	daemon daemon
	// id is the BGP identifier, clusterID what the speaker puts into the
	// CLUSTER_LIST of what it reflects.
	id, clusterID netip.Addr
	peers         []*peer
	// base are the routes that the kernel has without BGP.
	base route.Table
	// own are the paths that are the speaker's without any neighbour.
	own []path
	// rib has the paths by prefix, the best first.
	rib map[netip.Prefix][]path
	// ways are the next hops that FRR has looked up in this decision.
	ways map[netip.Addr]way
}

// daemon is what BGP implementations do each in its own way.
type daemon interface {
	// resolve finds the way to a learned path's next hop.
	resolve(s *speaker, p path) way
	// advertise makes of a path what the speaker sends to a neighbour, if anything.
	advertise(s *speaker, p path, to *peer) (attributes, bool)
	// learnedPreference is the preference of what it learns by BGP.
	learnedPreference() int
	// sendsAllPaths tells whether a neighbour is sent every path of a prefix, and
	// not just the best (RFC 7911). All daemons are configured to receive them.
	sendsAllPaths() bool
	// accepts tells whether a received path is taken into the table.
	accepts(s *speaker, prefix netip.Prefix, a attributes, from *peer) bool
	// program returns the routes that the daemon puts into the kernel.
	program(s *speaker) route.Table
}

// peer is a speaker's end of a session.
type peer struct {
	speaker *speaker
	// local and remote are the session's addresses, as this end has them.
	local, remote netip.Addr
	session       session.Session
	// far is the other end, nil where nobody is configured to be it.
	far *peer
	// client makes the neighbour a route reflector client.
	client                   bool
	nextHopSelf, nextHopKeep bool
	// singleHop: the neighbour has to be on one of the host's links.
	singleHop bool
	// gatewayDirect: BIRD looks for next hops on the neighbour's link alone.
	gatewayDirect  bool
	allowedLocalAS int
	// filters are a node's BGPFilters.
	filters filters
	// password is that of TCP's MD5 signature.
	password string
	// ttl is that of the packets that this end sends, minTTL the least that it takes.
	ttl, minTTL int
	up          bool
	// received are the paths that the neighbour sent and the speaker took.
	received []path
}

func (p *peer) internal() bool { return p.session.LocalAS == p.session.PeerAS }

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
		s.daemon = bird{policy: routerPolicy{networks: r.Networks}, keepsReflected: true}
		// It learns nothing from the kernel but the prefixes of its links.
		s.own = inheritedPaths(s.base.From(route.OriginKernel))
	default:
		s.daemon = frr{}
		for _, prefix := range r.Networks {
			// FRR originates a network only while the prefix is in its table, and not
			// from BGP (`bgp network import-check`, on by default).
			if s.inKernel(prefix) {
				s.own = append(s.own, path{prefix: prefix, preference: frrLocalWeight, attributes: attributes{localPref: defaultLocalPref}})
			}
		}
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

// inheritedPaths are what BIRD takes of the routes in the kernel: by `direct` what
// the kernel makes of an address, by the kernel protocol's `learn` what others
// have put there.
func inheritedPaths(base route.Table) []path {
	paths := make([]path, 0, len(base))
	for _, r := range base {
		preference := birdInherited
		if r.Origin == route.OriginKernel {
			preference = birdDirect
		}
		paths = append(paths, path{
			prefix: r.Prefix, preference: preference, attributes: attributes{localPref: defaultLocalPref},
			way: way{kind: r.Kind, hops: r.NextHops},
		})
	}
	return paths
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
		end.filters = s.filtersOf(p)
		node.peers = append(node.peers, end)
	}
	return node
}

// decide builds the speaker's table from its own and its received paths.
func (s *speaker) decide() {
	s.rib = map[netip.Prefix][]path{}
	for _, p := range s.own {
		s.rib[p.prefix] = append(s.rib[p.prefix], p)
	}
	for _, peer := range s.peers {
		for _, p := range peer.received {
			s.rib[p.prefix] = append(s.rib[p.prefix], p)
		}
	}
	s.ways = map[netip.Addr]way{}
	for _, prefix := range s.prefixes() {
		for i, p := range s.rib[prefix] {
			if p.from != nil {
				s.rib[prefix][i].way = s.daemon.resolve(s, p)
			}
		}
	}
	for _, paths := range s.rib {
		slices.SortStableFunc(paths, comparePaths)
	}
}

// prefixes are the prefixes of the speaker's table in order.
func (s *speaker) prefixes() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(s.rib), func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
}

// longest finds the paths of the longest prefix that an address is in.
func (s *speaker) longest(address netip.Addr) ([]path, bool) {
	for bits := address.BitLen(); bits >= 0; bits-- {
		if paths, ok := s.rib[netip.PrefixFrom(address, bits).Masked()]; ok {
			return paths, true
		}
	}
	return nil, false
}

// inKernel tells whether the kernel has a route to the prefix from elsewhere. It
// refuses a second one with the same metric (EEXIST), and zebra does not try.
func (s *speaker) inKernel(prefix netip.Prefix) bool {
	return slices.ContainsFunc(s.base, func(r route.Route) bool { return r.Prefix == prefix })
}

// link is the interface by which the host reaches an address without a router,
// empty if there is none.
func (s *speaker) link(address netip.Addr) string {
	for _, r := range s.base {
		if r.Origin == route.OriginKernel && r.Prefix.Contains(address) {
			return r.NextHops[0].Dev
		}
	}
	return ""
}

// hops joins the next hops of the best of a prefix's paths and of those that are
// as good, at most limit, in the order of their addresses.
func hops(paths []path, limit int) []route.NextHop {
	var all []route.NextHop
	for _, p := range paths {
		if !asGood(paths[0], p) {
			continue
		}
		for _, hop := range p.way.hops {
			if !slices.Contains(all, hop) {
				all = append(all, hop)
			}
		}
	}
	slices.SortFunc(all, func(a, b route.NextHop) int {
		return cmp.Or(a.Via.Compare(b.Via), cmp.Compare(a.Dev, b.Dev))
	})
	return all[:min(limit, len(all))]
}
