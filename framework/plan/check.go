package plan

import (
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// The rules that a design is checked by.
const (
	// ruleDesign: the design is one that a lab can be made of. Among others, no session has
	// one end that is configured alone.
	ruleDesign = "design"
	// ruleSession: every session that is configured comes up.
	ruleSession = "session"
	// ruleLink: routers that share a link have a session.
	ruleLink = "link-without-session"
	// ruleRouterID: no two speakers have the same BGP identifier.
	ruleRouterID = "router-id"
	// ruleAlone: every node has a session.
	ruleAlone = "node-alone"
	// ruleIdle: if a node peers with one leaf of its links, it peers with all of them.
	ruleIdle = "idle-leaf"
	// ruleLoop: no packet comes back to a host where it was.
	ruleLoop = "loop"
	// ruleBlackhole: packets to a prefix that a host has learned arrive.
	ruleBlackhole = "blackhole"
	// ruleTwice: routers that announce the same network share it.
	ruleTwice = "announced-twice"
)

// Check finds everything that is wrong with the design, by the rules above in their order.
func (p *Plan) Check() []Finding {
	return slices.Concat(p.Faults, p.absentSessions(), p.PeersOfNobody(), p.linksWithoutSession(), p.sameRouterIDs(), p.nodesAlone(), p.idleLeaves(), p.strays(), p.announcedTwice())
}

// absentSessions are those that do not come up. Where the design is refused, sessions that
// one end alone is configured for are among the reasons.
func (p *Plan) absentSessions() []Finding {
	var all []Finding
	for _, a := range p.Absent {
		switch {
		case a.Unanswered && len(p.Faults) > 0:
		case a.BGPPeer != "":
			all = append(all, located(ruleSession, p.mode.Errorf(v3.KindBGPPeer, a.BGPPeer, "spec", "%s", a)))
		default:
			all = append(all, located(ruleSession, p.State.Topology.HostErrorf(a.Host, "%s", a)))
		}
	}
	return all
}

// PeersOfNobody are BGPPeers whose peerSelector selects no node, so that no session comes of
// them.
func (p *Plan) PeersOfNobody() []Finding {
	var all []Finding
	for _, peer := range p.State.Resources.BGPPeers {
		selector, err := calico.ParseSelector(peer.Spec.PeerSelector)
		selected := func(n oracle.Node) bool { return selector.Matches(n.Labels) }
		if err != nil || peer.Spec.PeerSelector == "" || slices.ContainsFunc(p.State.Nodes, selected) {
			continue
		}
		all = append(all, located(ruleSession, p.mode.Errorf(v3.KindBGPPeer, peer.Name, "spec.peerSelector", "peerSelector %s selects no node, so that no session comes of it: correct it, or label a node", peer.Spec.PeerSelector)))
	}
	return all
}

// linksWithoutSession are links of two routers that do not peer: nothing passes them.
func (p *Plan) linksWithoutSession() []Finding {
	var all []Finding
	t := p.State.Topology
	for _, l := range t.Links {
		if l.Bridge || len(l.Ends) != 2 {
			continue
		}
		one, _ := t.Host(l.Ends[0].Host)
		other, _ := t.Host(l.Ends[1].Host)
		if !isRouter(*one) || !isRouter(*other) || p.peers(one.Name, l.Ends[1]) || p.peers(other.Name, l.Ends[0]) {
			continue
		}
		all = append(all, located(ruleLink, t.LinkErrorf(l.Name,
			"%s (%s) and %s (%s) share link %s and have no session, so that BGP does not use it: Rackproof plans sessions between a leaf and a spine alone; give one of them the other role, or remove the link",
			one.Name, one.Role, other.Name, other.Role, l.Name)))
	}
	return all
}

func isRouter(h topology.Host) bool { return h.Role == topology.Leaf || h.Role == topology.Spine }

// peers reports whether a host has a session with an end of a link configured.
func (p *Plan) peers(host string, end topology.Interface) bool {
	return slices.ContainsFunc(p.View.Sessions[host], func(s session.Session) bool { return end.Has(s.Peer) })
}

// established are the names of the hosts with which a host has a session that comes up.
func (p *Plan) established(host string) []string {
	var names []string
	for _, s := range p.View.Sessions[host] {
		if name, ok := p.State.Topology.HostOf(s.Peer); ok && s.State == session.Established {
			names = append(names, name)
		}
	}
	return names
}

// sameRouterIDs finds speakers with one BGP identifier. Within an AS their session does not
// come up; elsewhere a reflector drops the paths of the other (RFC 4456).
func (p *Plan) sameRouterIDs() []Finding {
	var all []Finding
	first := map[netip.Addr]string{}
	for _, h := range p.State.Topology.Hosts {
		id := h.RouterID
		if h.Role.RunsCalico() {
			id = h.Address() // CALICO_ROUTER_ID is refused
		}
		if len(p.View.Sessions[h.Name]) == 0 {
			continue
		}
		if other, twice := first[id]; twice {
			all = append(all, located(ruleRouterID, p.State.Topology.HostErrorf(h.Name, "%s has router ID %s, and so has %s: give each its own", h.Name, id, other)))
			continue
		}
		first[id] = h.Name
	}
	return all
}

// nodesAlone are nodes without a session, in a cluster whose nodes speak BGP.
func (p *Plan) nodesAlone() []Finding {
	if p.State.WithoutBGP() {
		return nil
	}
	var all []Finding
	for _, n := range p.State.Nodes {
		if len(p.established(n.Name)) == 0 {
			all = append(all, located(ruleAlone, p.State.Topology.HostErrorf(n.Name, "node %s has no session that comes up, so that no other host learns of its pods: add a BGPPeer that selects it, or enable the mesh", n.Name)))
		}
	}
	return all
}

// idleLeaves are leaves that share a link with nodes, and with which these do not peer though
// they do with another leaf of their links, or cannot peer: a node speaks BGP from its first
// address alone.
func (p *Plan) idleLeaves() []Finding {
	if p.State.WithoutBGP() {
		return nil
	}
	t := p.State.Topology
	var all []Finding
	for _, leaf := range t.Leaves() {
		var nodes, busy []string
		link := ""
		for _, node := range t.Nodes() {
			with, first := p.established(node.Name), node.Interfaces[0].Link
			var others []string
			beside, elsewhere := false, false
			for _, end := range t.Peers(node.Name) {
				host, _ := t.Host(end.Host)
				beside = beside || host.Name == leaf.Name
				elsewhere = elsewhere || host.Role == topology.Leaf && end.Link == first
				if host.Role == topology.Leaf && slices.Contains(with, host.Name) {
					others = append(others, host.Name)
				}
			}
			cannot := elsewhere && !on(leaf, first)
			if beside && !slices.Contains(others, leaf.Name) && (len(others) > 0 || cannot) {
				nodes, busy, link = append(nodes, node.Name), append(busy, others...), first
			}
		}
		if len(nodes) == 0 {
			continue
		}
		remedy := fmt.Sprintf("add a BGPPeer with its address on link %s", link)
		if !on(leaf, link) {
			remedy = fmt.Sprintf("a node speaks BGP from its first address alone, that on link %s, so put %s on that link", link, leaf.Name)
		}
		why := "none of which can peer with it"
		if slices.Sort(busy); len(busy) > 0 {
			others := list(slices.Compact(busy))
			why = fmt.Sprintf("which peer with %s and not with it, and whose pods are lost with %s", others, others)
		}
		all = append(all, located(ruleIdle, t.HostErrorf(leaf.Name, "leaf %s stays idle: it has a link to %s, %s: %s", leaf.Name, list(nodes), why, remedy)))
	}
	return all
}

// on reports whether a host is on a link.
func on(host topology.Host, link string) bool {
	return slices.ContainsFunc(host.Interfaces, func(i topology.Interface) bool { return i.Link == link })
}

// stray is where packets end that do not arrive.
type stray struct {
	rule, host string
}

// strays finds packets that do not arrive though a host has learned a route to where they
// go, and packets that loop.
func (p *Plan) strays() []Finding {
	var order []stray
	from, to, why := map[stray][]string{}, map[stray][]string{}, map[stray]*oracle.DeadEnd{}
	note := func(start, target string, ends []*oracle.DeadEnd, loops bool) {
		for _, end := range ends {
			key := stray{ruleBlackhole, end.Host()}
			if end.Reason == oracle.Loop {
				key.rule = ruleLoop
			} else if loops {
				continue
			}
			if why[key] == nil {
				why[key], order = end, append(order, key)
			}
			from[key], to[key] = append(from[key], start), append(to[key], target)
		}
	}
	for _, host := range p.State.Topology.Hosts {
		for _, r := range p.View.Tables[host.Name].From(route.OriginBIRD, route.OriginBGP) {
			if r.Kind != route.Unicast {
				continue
			}
			for _, target := range p.within(r.Prefix) {
				note(host.Name, target.Name, walk(p.State, p.View.Tables, host.Name, target).Dead, false)
			}
		}
	}
	for _, pair := range p.Pairs() {
		note(pair.From, pair.To.Name, pair.Dead, true)
	}
	var all []Finding
	for _, key := range order {
		all = append(all, located(key.rule, p.State.Topology.HostErrorf(key.host, "packets from %s to %s do not all arrive, for instance %s",
			list(distinct(from[key])), list(distinct(to[key])), why[key])))
	}
	return all
}

// distinct are the words of a list, each once, in the order of their first place.
func distinct(words []string) []string {
	var once []string
	for _, word := range words {
		if !slices.Contains(once, word) {
			once = append(once, word)
		}
	}
	return once
}

// within are addresses in a prefix that somebody has: of services if the prefix is theirs,
// of pods and of hosts.
func (p *Plan) within(prefix netip.Prefix) []Target {
	t := p.State.Topology
	if prefix.Bits() == 0 {
		return nil
	}
	for _, network := range []topology.Networks{t.Services, t.ExternalIPs, t.LoadBalancerIPs} {
		if network.Contains(prefix.Addr()) {
			address := prefix.Addr()
			if !prefix.IsSingleIP() {
				address = address.Next()
			}
			return []Target{{Name: prefix.String(), Address: address}}
		}
	}
	var all []Target
	for _, n := range p.State.Nodes {
		for _, w := range n.Workloads {
			if prefix.Contains(w.Address) {
				all = append(all, Target{Name: prefix.String(), Address: w.Address, Host: n.Name})
			}
		}
	}
	for _, h := range t.Hosts {
		for _, port := range h.Interfaces {
			for _, address := range port.Addresses {
				if prefix.Contains(address.Addr()) {
					all = append(all, Target{Name: prefix.String(), Address: address.Addr(), Host: h.Name})
				}
			}
		}
	}
	return all
}

// announcedTwice finds a network that two routers originate of which one has no interface in
// it: packets for the network may come to the wrong one.
func (p *Plan) announcedTwice() []Finding {
	var all []Finding
	for _, r := range p.State.Routers {
		for _, network := range r.Networks {
			if p.interfaceIn(r.Host, network) != "" {
				continue
			}
			for _, other := range p.State.Routers {
				if port := p.interfaceIn(other.Host, network); port != "" && slices.Contains(other.Networks, network) {
					all = append(all, located(ruleTwice, p.State.Topology.HostErrorf(r.Host, "%s announces %s without an interface in it, and %s, which has it on %s, announces it too: take the network from %s", r.Host, network, other.Host, port, r.Host)))
				}
			}
		}
	}
	return all
}

// interfaceIn names a host's interface in a network; empty if it has none.
func (p *Plan) interfaceIn(name string, network netip.Prefix) string {
	host, _ := p.State.Topology.Host(name)
	for _, i := range host.Interfaces {
		if slices.ContainsFunc(i.Addresses, func(a netip.Prefix) bool { return a.Masked() == network }) {
			return i.Name
		}
	}
	return ""
}

// Rules are the names of all rules.
func Rules() []string {
	return []string{ruleDesign, ruleSession, ruleLink, ruleRouterID, ruleAlone, ruleIdle, ruleLoop, ruleBlackhole, ruleTwice}
}
