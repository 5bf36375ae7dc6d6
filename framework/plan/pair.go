package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Target is what packets are sent to.
type Target struct {
	// Name is a host's, or says whose pod or which service it is.
	Name    string
	Address netip.Addr
	// Host is the host that it is on; empty for a service.
	Host string
}

// Pair is what becomes of packets from a host to a target. A node stands for its pods too:
// their packets take the node's routes.
type Pair struct {
	From string
	To   Target
	// Ways are those by which packets arrive, Dead those by which they do not.
	Ways []oracle.Path
	Dead []*oracle.DeadEnd
}

// Arrives reports whether all packets arrive.
func (p Pair) Arrives() bool { return len(p.Ways) > 0 && len(p.Dead) == 0 }

// Lost reports whether no packet arrives.
func (p Pair) Lost() bool { return len(p.Ways) == 0 }

// String says who sends to whom.
func (p Pair) String() string { return p.From + " → " + p.To.Name }

// Fate says in a word what becomes of the packets.
func (p Pair) Fate() string {
	switch {
	case p.Lost():
		return "lost"
	case len(p.Dead) > 0:
		return "lost in part"
	}
	return "arrives"
}

// Lines has a line for each way, and for each dead end.
func (p Pair) Lines() []string {
	var lines []string
	for _, way := range p.Ways {
		lines = append(lines, way.String())
	}
	for _, end := range p.Dead {
		lines = append(lines, end.Error())
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// serviceTarget begins the name of a target that is a service, or a range of them.
const serviceTarget = "service "

// podTarget begins the name of a target that is a node's pod.
const podTarget = "pod of "

// targets are everything in a design that packets are sent to: nodes and their pods,
// clients, the service that every cluster has, and the ranges that are announced as a whole.
func targets(s oracle.State) []Target {
	var all []Target
	for _, host := range s.Topology.Hosts {
		if host.Role == topology.Node || host.Role == topology.Client {
			all = append(all, Target{host.Name, host.Address(), host.Name})
		}
	}
	for _, n := range s.Nodes {
		for _, w := range n.Workloads {
			all = append(all, Target{podTarget + n.Name, w.Address, n.Name})
		}
	}
	for _, service := range s.Services {
		for _, address := range service.ClusterIPs {
			all = append(all, Target{Name: serviceTarget + service.Name, Address: address})
		}
	}
	for _, r := range announcedRanges(s) {
		all = append(all, Target{Name: fmt.Sprintf("%sin %s", serviceTarget, r), Address: r.Addr().Next()})
	}
	return all
}

// announcedRanges are the ranges of external and LoadBalancer IPs that nodes announce as a
// whole.
func announcedRanges(s oracle.State) []netip.Prefix {
	c, _ := s.Resources.Configuration()
	var cidrs []string
	for _, block := range c.Spec.ServiceExternalIPs {
		cidrs = append(cidrs, block.CIDR)
	}
	if a := c.Spec.ServiceLoadBalancerAggregation; a == nil || *a != v3.ServiceLoadBalancerAggregationDisabled {
		for _, block := range c.Spec.ServiceLoadBalancerIPs {
			cidrs = append(cidrs, block.CIDR)
		}
	}
	var ranges []netip.Prefix
	for _, cidr := range cidrs {
		if p, err := netip.ParsePrefix(cidr); err == nil && !p.IsSingleIP() {
			ranges = append(ranges, p)
		}
	}
	return ranges
}

// pairs walks from every node and client to every target but those on itself. Nodes have
// services at hand.
func pairs(s oracle.State, tables route.Tables, all []Target) []Pair {
	var list []Pair
	for _, host := range s.Topology.Hosts {
		if host.Role != topology.Node && host.Role != topology.Client {
			continue
		}
		for _, to := range all {
			if to.Host == host.Name || to.Host == "" && host.Role == topology.Node {
				continue
			}
			list = append(list, walk(s, tables, host.Name, to))
		}
	}
	return list
}

func walk(s oracle.State, tables route.Tables, from string, to Target) Pair {
	step := s.Walk
	if to.Host == "" {
		step = s.WalkToService
	}
	ways, err := step(tables, from, to.Address)
	return Pair{From: from, To: to, Ways: ways, Dead: deadEnds(err)}
}

// deadEnds are those of an error of a walk.
func deadEnds(err error) []*oracle.DeadEnd {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*oracle.DeadEnd
		for _, one := range joined.Unwrap() {
			all = append(all, deadEnds(one)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		return deadEnds(inner)
	}
	if end, ok := errors.AsType[*oracle.DeadEnd](err); ok {
		return []*oracle.DeadEnd{end}
	}
	return nil
}

// Pairs are all pairs of the plan, by host and target in the topology's order.
func (p *Plan) Pairs() []Pair { return pairs(p.State, p.View.Tables, targets(p.State)) }

// Outside are the pairs of clients.
func (p *Plan) Outside() []Pair {
	return slices.DeleteFunc(p.Pairs(), func(pair Pair) bool {
		host, _ := p.State.Topology.Host(pair.From)
		return host.Role != topology.Client
	})
}

// list joins words by commas.
func list(words []string) string { return strings.Join(words, ", ") }
