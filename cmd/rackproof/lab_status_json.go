package main

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// statusForScripts is a lab's status as `-o json` prints it.
type statusForScripts struct {
	Name     string `json:"name"`
	Topology string `json:"topology"`
	Mode     string `json:"mode"`
	// Agrees says that everything could be read and is as expected, and Verdict says it
	// in words.
	Agrees     bool                `json:"agrees"`
	Verdict    string              `json:"verdict"`
	Components []supervisor.Status `json:"components"`
	Hosts      []hostForScripts    `json:"hosts"`
	// Foreign is what else decides over packets and comes from nobody.
	Foreign []observe.Finding `json:"foreign"`
	// Unknown is what could not be found out.
	Unknown []string `json:"unknown,omitempty"`
}

type hostForScripts struct {
	Name     string              `json:"name"`
	Role     string              `json:"role"`
	Rack     string              `json:"rack,omitempty"`
	AS       uint32              `json:"as,omitempty"`
	Sessions []sessionForScripts `json:"sessions"`
	Routes   []routeForScripts   `json:"routes"`
	// WrongSessions, WrongRoutes and WrongVTEPs describe what is not as expected.
	WrongSessions string `json:"wrongSessions,omitempty"`
	WrongRoutes   string `json:"wrongRoutes,omitempty"`
	WrongVTEPs    string `json:"wrongVTEPs,omitempty"`
}

type sessionForScripts struct {
	Peer     netip.Addr    `json:"peer"`
	PeerHost string        `json:"peerHost,omitempty"`
	PeerAS   uint32        `json:"peerAS"`
	LocalAS  uint32        `json:"localAS"`
	Kind     session.Kind  `json:"kind"`
	State    session.State `json:"state"`
}

type routeForScripts struct {
	Prefix   netip.Prefix    `json:"prefix"`
	Kind     string          `json:"kind"`
	NextHops []hopForScripts `json:"nextHops"`
	Proto    string          `json:"proto"`
	Metric   uint32          `json:"metric"`
	Source   string          `json:"source,omitempty"`
	MTU      uint32          `json:"mtu,omitempty"`
	// Attributes are all others, in iproute2's words.
	Attributes string `json:"attributes,omitempty"`
}

type hopForScripts struct {
	Via    string `json:"via,omitempty"`
	Dev    string `json:"dev"`
	Onlink bool   `json:"onlink,omitempty"`
	Weight uint16 `json:"weight,omitempty"`
}

// forScripts never has null where a list can be.
func (s labStatus) forScripts() statusForScripts {
	status := statusForScripts{
		Name: s.name, Topology: s.topology.Name, Mode: s.mode, Agrees: s.agrees(), Verdict: s.verdict(),
		Components: append([]supervisor.Status{}, s.components...), Foreign: append([]observe.Finding{}, s.foreign...), Unknown: s.unknown,
	}
	for _, host := range s.topology.Hosts {
		one := hostOf(s.topology, host, s.sessions[host.Name], s.tables[host.Name])
		one.WrongSessions, one.WrongRoutes = s.wrongSessions[host.Name].String(), s.wrongRoutes[host.Name].String()
		one.WrongVTEPs = s.wrongVTEPs[host.Name].String()
		status.Hosts = append(status.Hosts, one)
	}
	return status
}

// hostOf is a host with its sessions and routes.
func hostOf(t *topology.Topology, host topology.Host, sessions []session.Session, routes route.Table) hostForScripts {
	one := hostForScripts{
		Name: host.Name, Role: string(host.Role), Rack: host.Rack, AS: host.AS,
		Sessions: []sessionForScripts{}, Routes: []routeForScripts{},
	}
	for _, end := range session.Sorted(sessions) {
		peer, _ := t.HostOf(end.Peer)
		one.Sessions = append(one.Sessions, sessionForScripts{end.Peer, peer, end.PeerAS, end.LocalAS, end.Kind, end.State})
	}
	for _, r := range routes.Sorted() {
		one.Routes = append(one.Routes, routeOf(r))
	}
	return one
}

func routeOf(r route.Route) routeForScripts {
	converted := routeForScripts{
		Prefix: r.Prefix, Kind: r.Kind.String(), NextHops: []hopForScripts{}, Proto: r.Origin.String(), Metric: r.Metric,
		MTU: r.MTU, Attributes: r.Attributes,
	}
	if r.Source.IsValid() {
		converted.Source = r.Source.String()
	}
	for _, hop := range r.NextHops {
		via := ""
		if hop.Via.IsValid() {
			via = hop.Via.String()
		}
		converted.NextHops = append(converted.NextHops, hopForScripts{via, hop.Dev, hop.Onlink, hop.Weight})
	}
	return converted
}
