package main

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/topology"
)

// planForScripts is a plan as `-o json` prints it. Lists are never null.
type planForScripts struct {
	Topology   string              `json:"topology"`
	Mode       string              `json:"mode"`
	Assumption string              `json:"assumption"`
	Faults     []plan.Finding      `json:"faults"`
	Absent     []absentForScripts  `json:"absentSessions"`
	Hosts      []plannedForScripts `json:"hosts"`
	// Pairs are those of all nodes and clients.
	Pairs []pairForScripts `json:"pairs"`
}

type absentForScripts struct {
	Host     string     `json:"host"`
	Peer     netip.Addr `json:"peer"`
	PeerHost string     `json:"peerHost,omitempty"`
	BGPPeer  string     `json:"bgpPeer,omitempty"`
	Reason   string     `json:"reason"`
}

type plannedForScripts struct {
	hostForScripts
	Paths []pathForScripts `json:"paths"`
}

type pathForScripts struct {
	Prefix      netip.Prefix `json:"prefix"`
	From        netip.Addr   `json:"from"`
	NextHop     netip.Addr   `json:"nextHop"`
	ASPath      []uint32     `json:"asPath"`
	Communities []string     `json:"communities,omitempty"`
	LocalPref   uint32       `json:"localPref"`
}

type pairForScripts struct {
	From    string        `json:"from"`
	Outside bool          `json:"outside,omitempty"`
	To      string        `json:"to"`
	Address netip.Addr    `json:"address"`
	Fate    string        `json:"fate"`
	Ways    []oracle.Path `json:"ways"`
	Dead    []string      `json:"dead,omitempty"`
}

func planForScriptsOf(p *plan.Plan, hosts []topology.Host) planForScripts {
	t := p.State.Topology
	converted := planForScripts{
		Topology: t.Name, Mode: p.Mode().Name, Assumption: plan.Assumption, Faults: append(p.PeersOfNobody(), p.Faults...),
		Absent: []absentForScripts{}, Hosts: []plannedForScripts{}, Pairs: []pairForScripts{},
	}
	if converted.Faults == nil {
		converted.Faults = []plan.Finding{}
	}
	for _, a := range p.Absent {
		converted.Absent = append(converted.Absent, absentForScripts{a.Host, a.Peer, a.PeerHost, a.BGPPeer, a.Reason})
	}
	for _, host := range hosts {
		converted.Hosts = append(converted.Hosts, plannedForScripts{
			hostForScripts: hostOf(t, host, p.View.Sessions[host.Name], p.View.Tables[host.Name]), Paths: pathsOf(p.View.Paths[host.Name]),
		})
	}
	for _, pair := range p.Pairs() {
		one := pairOf(pair)
		host, _ := t.Host(pair.From)
		one.Outside = host.Role == topology.Client
		converted.Pairs = append(converted.Pairs, one)
	}
	return converted
}

func pathsOf(paths path.Paths) []pathForScripts {
	list := []pathForScripts{}
	for _, p := range paths {
		list = append(list, pathForScripts{p.Prefix, p.Peer, p.NextHop, append([]uint32{}, p.ASPath...), p.Communities, p.LocalPref})
	}
	return list
}

func pairOf(p plan.Pair) pairForScripts {
	one := pairForScripts{From: p.From, To: p.To.Name, Address: p.To.Address, Fate: p.Fate(), Ways: append([]oracle.Path{}, p.Ways...)}
	for _, end := range p.Dead {
		one.Dead = append(one.Dead, end.Error())
	}
	return one
}
