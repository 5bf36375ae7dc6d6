package plan

import (
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
)

// Part is what a design can lose: a link, a cable, a rack's switch or a host.
type Part struct {
	Name string
	Kind Kind
	// Host is the host that goes, or whose cable it is; empty otherwise.
	Host string
	// Link is the link that goes, or at which the cable is; empty for a host.
	Link string
}

// Kind says what a part is.
type Kind string

// The kinds of parts.
const (
	// RouterLink joins two routers.
	RouterLink Kind = "link between routers"
	// RouterCable is a router's end of a shared network.
	RouterCable Kind = "cable of a router"
	// HostCable is the end of a node or a client.
	HostCable Kind = "cable of a host"
	// Switch is a shared network as a whole.
	Switch Kind = "shared network"
	// Router is a leaf or a spine.
	Router Kind = "router"
	// ClusterNode is a node, or a reflector outside the cluster.
	ClusterNode Kind = "node"
)

// Kinds are the kinds of parts, in the order in which they are listed.
func Kinds() []Kind {
	return []Kind{RouterLink, RouterCable, HostCable, Switch, Router, ClusterNode}
}

// parts are everything that a topology can lose. Clients are not part of a design.
func parts(t *topology.Topology) (links, hosts []Part) {
	routes := func(name string) bool {
		host, _ := t.Host(name)
		return host.Role == topology.Leaf || host.Role == topology.Spine
	}
	for _, l := range t.Links {
		kind := RouterLink
		for _, end := range l.Ends {
			if !routes(end.Host) {
				kind = HostCable
			}
			if l.Bridge && routes(end.Host) {
				links = append(links, Part{end.Host + " at " + l.Name, RouterCable, end.Host, l.Name})
			} else if l.Bridge {
				links = append(links, Part{end.Host + " at " + l.Name, HostCable, end.Host, l.Name})
			}
		}
		if l.Bridge {
			kind = Switch
		}
		links = append(links, Part{Name: l.Name, Kind: kind, Link: l.Name})
	}
	for _, h := range t.Hosts {
		switch {
		case routes(h.Name):
			hosts = append(hosts, Part{h.Name, Router, h.Name, ""})
		case h.Role.RunsCalico():
			hosts = append(hosts, Part{h.Name, ClusterNode, h.Name, ""})
		}
	}
	slices.SortStableFunc(links, func(a, b Part) int { return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind) })
	return links, hosts
}

// lose takes a part away from a state.
func (p Part) lose(s *oracle.State) {
	switch {
	case p.Link == "":
		loseHost(s, p.Host)
	case p.Host != "":
		s.CutEnds[oracle.End{Link: p.Link, Host: p.Host}] = true
	default:
		s.CutLinks[p.Link] = true
	}
}

// loseHost switches a host off: its links lose their carrier, and the others of a shared
// network do not notice.
func loseHost(s *oracle.State, name string) {
	host, _ := s.Topology.Host(name)
	for _, port := range host.Interfaces {
		if link, _ := s.Topology.Link(port.Link); link.Bridge {
			s.CutEnds[oracle.End{Link: port.Link, Host: name}] = true
		} else {
			s.CutLinks[port.Link] = true
		}
	}
	s.Routers = slices.DeleteFunc(s.Routers, func(r fabric.Router) bool { return r.Host == name })
	for i := range s.Nodes {
		s.Nodes[i].Gone = s.Nodes[i].Gone || s.Nodes[i].Name == name
	}
}

// Loss is what a design loses with some parts.
type Loss struct {
	Parts []Part
	// Isolated are the hosts that nobody reaches any longer, and that reach nobody.
	Isolated []string
	// Cuts are the pairs of other hosts that are lost, and Partly those of which some ways
	// lead nowhere.
	Cuts   []Cut
	Partly []Pair
	// Whole counts the pairs that stay, and Fewer those of them that have fewer ways.
	Whole, Fewer int
	// Least and Before are the ways of the pair that has the fewest left, now and without
	// the loss; 0 where no pair has fewer.
	Least, Before int
	// Unknown says why the oracle cannot compute the state; empty where it can.
	Unknown string
}

// Cut is a set of hosts that lose the same others.
type Cut struct {
	From, To []string
	// Both says that the others lose these too.
	Both bool
}

// String says who loses whom.
func (c Cut) String() string {
	arrow := " → "
	if c.Both {
		arrow = " ↔ "
	}
	return list(c.From) + arrow + list(c.To)
}

// Name names the parts.
func (l Loss) Name() string {
	names := make([]string, 0, len(l.Parts))
	for _, p := range l.Parts {
		names = append(names, p.Name)
	}
	return strings.Join(names, " and ")
}

// State is a state without the parts.
func (l Loss) State(s oracle.State) oracle.State {
	s = s.Clone()
	s.CutLinks, s.CutEnds = map[string]bool{}, map[oracle.End]bool{}
	for _, part := range l.Parts {
		part.lose(&s)
	}
	return s
}

// Survived reports whether everybody who is left still reaches everybody by every way.
func (l Loss) Survived() bool {
	return len(l.Isolated)+len(l.Cuts)+len(l.Partly) == 0 && l.Unknown == ""
}

// Limits bound what is lost at once.
type Limits struct {
	// Links is how many links are lost at once at most, Hosts how many hosts.
	Links, Hosts int
}

// Losses are the effects of every loss within the limits.
func (p *Plan) Losses(limits Limits) []Loss {
	links, hosts := parts(p.State.Topology)
	var all []Loss
	before := p.Pairs()
	for _, group := range []struct {
		parts []Part
		most  int
	}{{links, limits.Links}, {hosts, limits.Hosts}} {
		for size := 1; size <= group.most; size++ {
			for _, chosen := range choose(group.parts, size) {
				all = append(all, p.without(chosen, before))
			}
		}
	}
	return all
}

// choose are the sets of so many parts.
func choose(parts []Part, size int) [][]Part {
	if size == 0 {
		return [][]Part{nil}
	}
	var sets [][]Part
	for i, first := range parts {
		for _, rest := range choose(parts[i+1:], size-1) {
			sets = append(sets, append([]Part{first}, rest...))
		}
	}
	return sets
}

// without computes what the loss of some parts does to the pairs that arrived before.
func (p *Plan) without(gone []Part, before []Pair) Loss {
	loss := Loss{Parts: gone}
	s := loss.State(p.State)
	off := map[string]bool{}
	for _, part := range gone {
		off[part.Host] = part.Link == "" || off[part.Host]
	}
	tables, err := s.Tables()
	if err != nil {
		loss.Unknown = err.Error()
		return loss
	}
	var lost []Pair
	reached := map[string]bool{}
	had := map[string]bool{}
	for _, pair := range before {
		if pair.Lost() || off[pair.From] || off[pair.To.Host] {
			continue
		}
		had[pair.From], had[pair.To.Host] = true, true
		now := walk(s, tables, pair.From, pair.To)
		if now.Lost() {
			lost = append(lost, now)
			continue
		}
		reached[pair.From], reached[pair.To.Host] = true, true
		loss.Whole++
		if len(now.Dead) > 0 && len(pair.Dead) == 0 {
			loss.Partly = append(loss.Partly, now)
		}
		if len(now.Ways) < len(pair.Ways) {
			loss.Fewer++
			if loss.Least == 0 || len(now.Ways) < loss.Least {
				loss.Least, loss.Before = len(now.Ways), len(pair.Ways)
			}
		}
	}
	for _, host := range s.Topology.Hosts {
		if had[host.Name] && !reached[host.Name] {
			loss.Isolated = append(loss.Isolated, host.Name)
		}
	}
	loss.Cuts = cuts(slices.DeleteFunc(lost, func(pair Pair) bool {
		return slices.Contains(loss.Isolated, pair.From) || slices.Contains(loss.Isolated, pair.To.Host)
	}))
	return loss
}

// cuts puts lost pairs into few words: hosts that lose the same others stand together. A
// host's name stands for the host and its pod; pods and services are listed where they alone
// are lost.
func cuts(lost []Pair) []Cut {
	var from []string
	hosts, pods, services := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, pair := range lost {
		if !slices.Contains(from, pair.From) {
			from = append(from, pair.From)
		}
		switch at := pair.From; {
		case pair.To.Host == "":
			services[at] = append(services[at], pair.To.Name)
		case pair.To.Host == pair.To.Name:
			hosts[at] = append(hosts[at], pair.To.Name)
		case !slices.Contains(hosts[at], pair.To.Host): // hosts come first among the targets
			pods[at] = append(pods[at], pair.To.Name)
		}
	}
	return slices.Concat(mutual(eachOther(grouped(from, hosts), "", "each other")), eachOther(grouped(from, pods), podTarget, "each other's pods"), grouped(from, services))
}

// grouped joins hosts that lose the same.
func grouped(from []string, lose map[string][]string) []Cut {
	var all []Cut
	for _, host := range from {
		i := slices.IndexFunc(all, func(c Cut) bool { return slices.Equal(c.To, lose[host]) })
		switch {
		case len(lose[host]) == 0:
		case i < 0:
			all = append(all, Cut{From: []string{host}, To: lose[host]})
		default:
			all[i].From = append(all[i].From, host)
		}
	}
	return all
}

// mutual joins two cuts that are each other's reverse.
func mutual(all []Cut) []Cut {
	var joined []Cut
	for _, c := range all {
		i := slices.IndexFunc(joined, func(o Cut) bool { return !o.Both && slices.Equal(o.From, c.To) && slices.Equal(o.To, c.From) })
		if i >= 0 {
			joined[i].Both = true
			continue
		}
		joined = append(joined, c)
	}
	return joined
}

// eachOther joins the cuts of more than two hosts of which each loses all others, into one
// whose To is the name. The prefix begins the names of the lost targets before the hosts'.
func eachOther(all []Cut, prefix, name string) []Cut {
	members := func(c Cut) []string {
		set := slices.Clone(c.From)
		for _, to := range c.To {
			set = append(set, strings.TrimPrefix(to, prefix))
		}
		slices.Sort(set)
		return set
	}
	var joined, rest []Cut
	for len(all) > 0 {
		set := members(all[0])
		var from []string
		same := func(c Cut) bool { return len(c.From) == 1 && slices.Equal(members(c), set) }
		for _, c := range all {
			if same(c) {
				from = append(from, c.From...)
			}
		}
		if len(from) == len(set) && (len(set) > 2 || prefix != "") {
			joined = append(joined, Cut{From: from, To: []string{name}})
			all = slices.DeleteFunc(all, same)
			continue
		}
		rest, all = append(rest, all[0]), all[1:]
	}
	return append(joined, rest...)
}
