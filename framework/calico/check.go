package calico

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Check compares a mode with the topology that it is to run on. The error joins
// everything that does not fit, each with the file and line of its resource.
func (m *Mode) Check(t *topology.Topology) error {
	var problems []error
	if pools := len(m.Resources.IPPools); pools != len(t.Pods) && m.Flannel == nil {
		problems = append(problems, fmt.Errorf("mode %s has %d IPPools: give it one, for the pod network %s", m.Name, pools, t.Pods))
	}
	for _, p := range m.Resources.IPPools {
		if cidr, err := netip.ParsePrefix(p.Spec.CIDR); err != nil || !slices.Contains(t.Pods, cidr) {
			problems = append(problems, m.Errorf(v3.KindIPPool, p.Name, "spec.cidr", "cidr %s is not the pod network of topology %s: use %s", p.Spec.CIDR, t.Name, t.Pods))
		}
	}
	problems = append(problems, m.checkPoolsOfBackend()...)
	problems = append(problems, m.checkReflectors(t))
	for _, c := range m.Resources.BGPConfigurations {
		problems = append(problems, m.checkRanges(t, c))
	}
	for _, n := range m.Resources.Nodes {
		problems = append(problems, m.checkNode(t, n))
	}
	for _, p := range m.Resources.BGPPeers {
		problems = append(problems, m.checkPeer(t, p), m.checkSelected(t, p))
	}
	return errors.Join(problems...)
}

// checkRanges checks that the service addresses that are announced are those that
// the topology has for services.
func (m *Mode) checkRanges(t *topology.Topology, c v3.BGPConfiguration) error {
	var problems []error
	within := func(field, cidr string, network topology.Networks) {
		p, err := netip.ParsePrefix(cidr)
		whole := network.Of(route.FamilyOf(p.Addr()))
		switch {
		case err != nil || p != p.Masked():
			problems = append(problems, m.Errorf(v3.KindBGPConfiguration, c.Name, "spec."+field, "%s: %q is not a prefix: use one as in 192.168.3.0/24", field, cidr))
		case !whole.IsValid():
			problems = append(problems, m.Errorf(v3.KindBGPConfiguration, c.Name, "spec."+field, "%s: topology %s has no such range: use another topology, or add the range to it", field, t.Name))
		case !whole.Contains(p.Addr()) || p.Bits() < whole.Bits():
			problems = append(problems, m.Errorf(v3.KindBGPConfiguration, c.Name, "spec."+field, "%s: %s is outside of %s, which topology %s has for it: use that, or a part of it", field, p, whole, t.Name))
		}
	}
	for _, block := range c.Spec.ServiceClusterIPs {
		within("serviceClusterIPs", block.CIDR, t.Services)
	}
	for _, block := range c.Spec.ServiceExternalIPs {
		within("serviceExternalIPs", block.CIDR, t.ExternalIPs)
	}
	for _, block := range c.Spec.ServiceLoadBalancerIPs {
		within("serviceLoadBalancerIPs", block.CIDR, t.LoadBalancerIPs)
	}
	return errors.Join(problems...)
}

func (m *Mode) checkNode(t *topology.Topology, n Node) error {
	host, ok := t.Host(n.Name)
	if !ok || !host.Role.RunsCalico() {
		return m.Errorf(KindNode, n.Name, "metadata.name", "topology %s has no node of that name: name one of its nodes", t.Name)
	}
	if n.Spec.BGP == nil || n.Spec.BGP.IPv4Address == "" {
		return nil
	}
	has := func(i topology.Interface) bool { return i.Address(route.IPv4).String() == n.Spec.BGP.IPv4Address }
	if !slices.ContainsFunc(host.Interfaces, has) {
		return m.Errorf(KindNode, n.Name, "spec.bgp.ipv4Address", "ipv4Address %s is not the node's in topology %s: use %s", n.Spec.BGP.IPv4Address, t.Name, host.Interfaces[0].Address(route.IPv4))
	}
	return nil
}

// checkReflectors refuses a mode in which a reflector outside the cluster would need more
// of Calico than BIRD: a tunnel's device is Felix's.
func (m *Mode) checkReflectors(t *topology.Topology) error {
	encapsulated := func(p v3.IPPool) bool { return EncapsulationOf(p) != NoEncapsulation }
	for _, host := range t.ByRole(topology.Reflector) {
		if m.WithoutBGP() || slices.ContainsFunc(m.Resources.IPPools, encapsulated) {
			return t.HostErrorf(host.Name, "reflector %s runs BIRD and no Felix, and mode %s needs another owner of routes or a tunnel: use a mode with BGP and without encapsulation", host.Name, m.Name)
		}
	}
	return nil
}

// checkPeer checks that a peer's address is a host's, and its AS number that
// host's. A peer chosen by selector has no address to check.
func (m *Mode) checkPeer(t *topology.Topology, p v3.BGPPeer) error {
	if p.Spec.PeerIP == "" {
		return nil
	}
	address, err := PeerAddress(p)
	if err != nil {
		return m.Errorf(v3.KindBGPPeer, p.Name, "", "%w", err)
	}
	name, ok := t.HostOf(address)
	if !ok {
		return m.Errorf(v3.KindBGPPeer, p.Name, "spec.peerIP", "peerIP %s is no host's address in topology %s: use one of its leaves' addresses, or another topology", address, t.Name)
	}
	host, _ := t.Host(name)
	as := host.AS
	if host.Role.RunsCalico() {
		as = m.Resources.NodeAS(name)
	}
	if uint32(p.Spec.ASNumber) != as {
		return m.Errorf(v3.KindBGPPeer, p.Name, "spec.asNumber", "asNumber %d is not that of %s (%s) in topology %s: use %d", p.Spec.ASNumber, name, address, t.Name, as)
	}
	return nil
}

// checkSelected checks that a peer applies to some node. One that does not, by a
// slip in its selector, would leave nothing to prove and so pass everywhere.
func (m *Mode) checkSelected(t *topology.Topology, p v3.BGPPeer) error {
	for _, node := range t.CalicoNodes() {
		applies, err := PeersWith(p, node.Name, m.Resources.NodeLabels(node))
		if err != nil {
			return m.Errorf(v3.KindBGPPeer, p.Name, "", "%w", err)
		}
		if applies {
			return nil
		}
	}
	return m.Errorf(v3.KindBGPPeer, p.Name, "spec", "it applies to no node of topology %s: correct node or nodeSelector", t.Name)
}

// Errorf makes an error about a field of a resource, which is given by its path in the
// resource (`spec.peerIP`), empty for the resource as a whole. It names the file and
// the line; a mode that was not loaded from files has none to name.
func (m *Mode) Errorf(kind, name, path, format string, args ...any) error {
	id := resourceID{kind, name}
	text := fmt.Errorf("%s: %w", id, fmt.Errorf(format, args...))
	if source, ok := m.sources[id]; ok {
		return source.Errorf(path, "%w", text)
	}
	return fmt.Errorf("mode %s: %w", m.Name, text)
}

// HeaderErrorf makes an error about a field of mode.yaml.
func (m *Mode) HeaderErrorf(field, format string, args ...any) error {
	if m.header == nil {
		return fmt.Errorf("mode %s: %w", m.Name, fmt.Errorf(format, args...))
	}
	return m.header.Errorf(field, format, args...)
}
