package oracle

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// check refuses states that contradict themselves, and resources that change
// sessions or routes in a way that the oracle does not support.
func (s State) check() error {
	if s.Topology == nil {
		return errors.New("oracle: the state has no topology: set State.Topology")
	}
	var problems []error
	reject := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("oracle: "+format, args...))
	}
	for link := range s.CutLinks {
		if _, ok := s.Topology.Link(link); !ok {
			reject("cut link %s is not in topology %s: name one of its links", link, s.Topology.Name)
		}
	}
	listed := map[string]bool{}
	once := func(host string) {
		if listed[host] {
			reject("host %s is in the state twice: list every node and router once", host)
		}
		listed[host] = true
	}
	for _, n := range s.Nodes {
		once(n.Name)
		if host, ok := s.Topology.Host(n.Name); !ok || !host.Role.RunsCalico() {
			reject("node %s is not in topology %s: name one of its nodes", n.Name, s.Topology.Name)
		}
		if host, ok := s.Topology.Host(n.Name); ok && n.Subnet.IsValid() && n.Subnet.Addr() != host.Address() {
			reject("node %s has the address %s for Calico and %s in topology %s, which is not supported", n.Name, n.Subnet, host.Address(), s.Topology.Name)
		}
		if id := n.ReflectorClusterID; id != "" {
			// BIRD takes 0.0.0.0 for none, and the router ID in its place.
			if a, err := netip.ParseAddr(id); err != nil || !a.Is4() || a.IsUnspecified() {
				reject("node %s: reflector cluster ID %q is not four octets: use one as in 244.0.0.1", n.Name, id)
			}
		}
	}
	for _, r := range s.Routers {
		once(r.Host)
		if _, ok := s.Topology.Host(r.Host); !ok {
			reject("router %s is not in topology %s: plan the routers for this topology", r.Host, s.Topology.Name)
		}
		problems = append(problems, s.checkRouter(r))
	}
	problems = append(append(problems, s.checkFlannel()...), s.checkResources(), s.checkTunnels())
	for end := range s.CutEnds {
		link, ok := s.Topology.Link(end.Link)
		if !ok {
			reject("cut link %s is not in topology %s: name one of its links", end.Link, s.Topology.Name)
		} else if _, ok := link.End(end.Host); !ok {
			reject("cut link %s does not end at %s: name a host that it joins", end.Link, end.Host)
		} else if !link.Bridge {
			reject("link %s has two ends, and the other would lose its carrier with the one at %s: cut the link", end.Link, end.Host)
		}
	}
	for host, routes := range s.Foreign {
		if !slices.ContainsFunc(s.Nodes, func(n Node) bool { return n.Name == host }) {
			reject("%s has a foreign route and is no node, which is not supported: give it to a node", host)
		}
		for _, r := range routes {
			if r.Origin == route.OriginBIRD || r.Origin == route.OriginKernel {
				reject("%s: the foreign route %s passes for one of BIRD's or of the kernel's: give it another protocol", host, r)
			}
		}
	}
	for _, service := range s.Services {
		for _, address := range slices.Concat(service.ClusterIPs, service.ExternalIPs, service.LoadBalancerIPs) {
			if !address.Is4() {
				reject("service %s/%s: %s is not IPv4, and nothing else is supported", service.Namespace, service.Name, address)
			}
		}
	}
	return errors.Join(problems...)
}

// checkResources refuses what Calico's resources ask for and the oracle does not
// support, each as a *Refusal.
func (s State) checkResources() error {
	problems := append(s.checkPools(), s.checkFields())
	for _, c := range s.Resources.BGPConfigurations {
		problems = append(problems, checkConfiguration(c), checkCommunities(c))
	}
	for _, filter := range s.Resources.BGPFilters {
		problems = append(problems, checkFilter(filter))
	}
	for _, peer := range s.Resources.BGPPeers {
		problems = append(problems, checkPeer(peer))
	}
	return errors.Join(problems...)
}

// checkRouter refuses what a router cannot be configured to do.
func (s State) checkRouter(r fabric.Router) error {
	software, ok := s.Software[r.Software]
	if !ok {
		return fmt.Errorf("oracle: router %s runs %q, whose behaviour is not known: use one of %s", r.Host, r.Software, names(s.Software))
	}
	if err := software.Check(r); err != nil {
		return fmt.Errorf("oracle: router %s: %w", r.Host, err)
	}
	return nil
}

// names lists the software whose behaviour is known, in order.
func names(software map[topology.Software]bgp.Software) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(software)) {
		list = append(list, string(name))
	}
	return strings.Join(list, ", ")
}

// checkConfiguration refuses service ranges that are none.
func checkConfiguration(c v3.BGPConfiguration) error {
	var problems []error
	refused := func(path, format string, args ...any) {
		problems = append(problems, refuse(v3.KindBGPConfiguration, c.Name, path, format, args...))
	}
	ranges := func(field string, prefixes []string) {
		for i, prefix := range prefixes {
			if _, err := parsePrefix(prefix); err != nil {
				refused(fmt.Sprintf("spec.%s[%d].cidr", field, i), "%s: %w", field, err)
			}
		}
	}
	var clusterIPs, externalIPs, loadBalancerIPs []string
	for _, block := range c.Spec.ServiceClusterIPs {
		clusterIPs = append(clusterIPs, block.CIDR)
	}
	for _, block := range c.Spec.ServiceExternalIPs {
		externalIPs = append(externalIPs, block.CIDR)
	}
	for _, block := range c.Spec.ServiceLoadBalancerIPs {
		loadBalancerIPs = append(loadBalancerIPs, block.CIDR)
	}
	ranges("serviceClusterIPs", clusterIPs)
	ranges("serviceExternalIPs", externalIPs)
	ranges("serviceLoadBalancerIPs", loadBalancerIPs)
	return errors.Join(problems...)
}

// parsePrefix reads an IPv4 prefix. One with bits set beyond its length BIRD refuses
// together with its whole configuration, and goes on with the one before.
func parsePrefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, err
	case !p.Addr().Is4():
		return p, fmt.Errorf("%s is not IPv4, and nothing else is supported", p)
	case p != p.Masked():
		return p, fmt.Errorf("%s has bits set beyond its length, with which BIRD takes no configuration: write %s", p, p.Masked())
	}
	return p, nil
}

func checkPeer(peer v3.BGPPeer) error {
	refused := func(path, format string, args ...any) error {
		return refuse(v3.KindBGPPeer, peer.Name, path, format, args...)
	}
	switch {
	case peer.Spec.PeerIP != "" && peer.Spec.PeerSelector != "":
		return refused("spec.peerSelector", "peerIP and peerSelector exclude each other: remove one")
	case peer.Spec.Node != "" && peer.Spec.NodeSelector != "":
		return refused("spec.nodeSelector", "node and nodeSelector exclude each other: remove one")
	case peer.Spec.PeerIP == "":
		return nil
	case peer.Spec.ASNumber == 0:
		// confd fills in no default, and BIRD takes no configuration with AS 0.
		return refused("spec", "asNumber is missing: give the AS number of %s", peer.Spec.PeerIP)
	}
	if a, err := netip.ParseAddr(peer.Spec.PeerIP); err != nil || !a.Is4() {
		return refused("spec.peerIP", "peerIP %q is not an IPv4 address without a port, and nothing else is supported: use one", peer.Spec.PeerIP)
	}
	return nil
}
