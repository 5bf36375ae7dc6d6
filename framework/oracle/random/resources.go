package random

import (
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// Name begins the names of the resources and services that a random state adds.
const Name = "random"

// configurationName is that of the BGPConfiguration and the FelixConfiguration for all nodes.
const configurationName = "default"

// name is a free name for one more resource.
func name(number int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: fmt.Sprintf("%s%d", Name, number)}
}

func (g generator) peer(s *oracle.State) {
	spec := v3.BGPPeerSpec{}
	switch g.IntN(3) {
	case 0:
		spec.Node = g.node(s).Name
	case 1:
		spec.NodeSelector = pick(g, "all()", "has(rr)", "rack == 'rack0'", "!has(rr-id)")
	}
	if g.IntN(2) == 0 {
		host := g.host(s)
		spec.PeerIP = host.Interfaces[g.IntN(len(host.Interfaces))].Addresses[0].Addr().String()
		spec.ASNumber = numorstring.ASNumber(pick(g, host.AS, 64512, 0))
	} else {
		spec.PeerSelector = pick(g, "all()", "has(rr)", "rack == 'rack1'", "has(")
	}
	s.Resources.BGPPeers = append(s.Resources.BGPPeers, v3.BGPPeer{ObjectMeta: name(len(s.Resources.BGPPeers)), Spec: spec})
}

func (g generator) peerOption(s *oracle.State) {
	if len(s.Resources.BGPPeers) == 0 {
		return
	}
	peer := &s.Resources.BGPPeers[g.IntN(len(s.Resources.BGPPeers))]
	spec := &peer.Spec
	choices := []func(){
		func() { spec.NextHopMode = new(pick[v3.NextHopMode](g, "Self", "Keep", "Auto")) },
		func() { spec.KeepOriginalNextHop = true },
		func() { spec.TTLSecurity = new(pick[uint8](g, 0, 1, 2, 255)) },
		func() { spec.LocalASNumber = new(numorstring.ASNumber(pick[uint32](g, 64512, 65005, 64999))) },
		func() { spec.NumAllowedLocalASNumbers = new(pick[int32](g, 0, 1, 3)) },
		func() { spec.ReversePeering = new(v3.ReversePeeringManual) },
		func() { spec.SourceAddress = v3.SourceAddressNone },
		func() { spec.Filters = []string{pick(g, "random0", "random1"), "random2"} },
	}
	if g.kind == Anything {
		// In a lab this takes a secret, and leave to read it.
		choices = append(choices, func() { s.Passwords = map[string]string{peer.Name: "secret"} })
	}
	choices[g.IntN(len(choices))]()
}

func (g generator) filter(s *oracle.State) {
	f := v3.BGPFilter{ObjectMeta: name(len(s.Resources.BGPFilters))}
	block := g.node(s).Blocks[0]
	for range 1 + g.IntN(3) {
		r := v3.BGPFilterRuleV4{Action: pick(g, v3.Accept, v3.Reject)}
		if g.IntN(3) > 0 {
			r.CIDR = pick(g, s.Topology.Pods.First().String(), block.String(), "0.0.0.0/0", "10.48.0.0/16", "10.1.5.0/24", netip.PrefixFrom(block.Addr().Next(), block.Bits()).String())
			r.MatchOperator = pick(g, v3.In, v3.NotIn, v3.Equal, v3.NotEqual)
		}
		if g.IntN(4) == 0 {
			r.PrefixLength = g.lengths()
		}
		if g.IntN(4) == 0 {
			r.Source = v3.BGPFilterSourceRemotePeers
		}
		if g.IntN(2) == 0 {
			f.Spec.ExportV4 = append(f.Spec.ExportV4, r)
		} else {
			f.Spec.ImportV4 = append(f.Spec.ImportV4, r)
		}
	}
	s.Resources.BGPFilters = append(s.Resources.BGPFilters, f)
	if len(s.Resources.BGPPeers) > 0 {
		spec := &s.Resources.BGPPeers[g.IntN(len(s.Resources.BGPPeers))].Spec
		spec.Filters = append(spec.Filters, f.Name)
	}
}

// lengths limit a filter's rule to some lengths of prefixes, from below, above, or both.
func (g generator) lengths() *v3.BGPFilterPrefixLengthV4 {
	var l v3.BGPFilterPrefixLengthV4
	if least := pick[int32](g, -1, 8, 26, 32); least >= 0 {
		l.Min = &least
	}
	if most := pick[int32](g, -1, 26, 31, 32); most >= 0 {
		l.Max = &most
	}
	return &l
}

// global is the spec of the BGPConfiguration for all nodes.
func global(s *oracle.State) *v3.BGPConfigurationSpec {
	i := slices.IndexFunc(s.Resources.BGPConfigurations, func(c v3.BGPConfiguration) bool { return c.Name == configurationName })
	if i < 0 {
		i = len(s.Resources.BGPConfigurations)
		s.Resources.BGPConfigurations = append(s.Resources.BGPConfigurations, v3.BGPConfiguration{ObjectMeta: metav1.ObjectMeta{Name: configurationName}})
	}
	return &s.Resources.BGPConfigurations[i].Spec
}

func (g generator) configuration(s *oracle.State) {
	switch spec := global(s); g.IntN(3) {
	case 0:
		spec.NodeToNodeMeshEnabled = new(g.IntN(2) == 0)
	case 1:
		spec.ASNumber = new(numorstring.ASNumber(pick[uint32](g, 64512, 65005)))
	case 2:
		spec.ServiceLoadBalancerAggregation = new(pick(g, v3.ServiceLoadBalancerAggregationEnabled, v3.ServiceLoadBalancerAggregationDisabled))
	}
}

func (g generator) communities(s *oracle.State) {
	a := v3.PrefixAdvertisement{
		CIDR:        pick(g, s.Topology.Pods.First().String(), "0.0.0.0/0", "192.168.3.0/24"),
		Communities: []string{pick(g, "65000:1", "64512:1:2", "named", "nobody")},
	}
	spec := global(s)
	spec.Communities = []v3.Community{{Name: "named", Value: "65000:7"}}
	spec.PrefixAdvertisements = append(spec.PrefixAdvertisements, a)
}

func (g generator) pool(s *oracle.State) {
	first := &s.Resources.IPPools[0].Spec
	if g.IntN(2) == 0 {
		first.DisableBGPExport = true
		return
	}
	added := v3.IPPool{ObjectMeta: name(len(s.Resources.IPPools)), Spec: v3.IPPoolSpec{
		CIDR: pick(g, "10.1.0.0/16", "10.1.8.0/24", "0.0.0.0/0", "192.168.0.0/16"), Disabled: true, DisableBGPExport: g.IntN(4) == 0,
		IPIPMode: first.IPIPMode, VXLANMode: first.VXLANMode,
	}}
	if g.kind == Anything && g.IntN(4) == 0 {
		added.Spec.VXLANMode = v3.VXLANModeAlways
	}
	s.Resources.IPPools = append(s.Resources.IPPools, added)
}

// encapsulation switches the pool to another one, with the owner that goes with it
// and without.
func (g generator) encapsulation(s *oracle.State) {
	spec := &s.Resources.IPPools[0].Spec
	spec.IPIPMode, spec.VXLANMode = v3.IPIPModeNever, v3.VXLANModeNever
	switch g.IntN(3) {
	case 0:
		spec.IPIPMode = pick(g, v3.IPIPModeAlways, v3.IPIPModeCrossSubnet)
	case 1:
		spec.VXLANMode = pick(g, v3.VXLANModeAlways, v3.VXLANModeCrossSubnet)
	}
	s.Resources.FelixConfigurations = nil
	if spec.IPIPMode != v3.IPIPModeNever || g.IntN(4) == 0 {
		s.Resources.FelixConfigurations = []v3.FelixConfiguration{{
			ObjectMeta: metav1.ObjectMeta{Name: configurationName}, Spec: v3.FelixConfigurationSpec{ProgramClusterRoutes: new("Enabled")},
		}}
	}
	Allot(*s)
}

// Allot gives the nodes of a design with tunnels their addresses on the tunnel device: the
// first of their blocks.
func Allot(s oracle.State) {
	encapsulation := calico.EncapsulationOf(s.Resources.IPPools[0])
	for i := range s.Nodes {
		n := &s.Nodes[i]
		switch n.IPIPTunnel, n.VXLANTunnel = (netip.Addr{}), (netip.Addr{}); {
		case encapsulation.ViaIPIP():
			n.IPIPTunnel = n.Blocks[0].Addr()
		case encapsulation.ViaVXLAN():
			n.VXLANTunnel = n.Blocks[0].Addr()
		}
	}
}

// Numbers of the addresses in their ranges that a random service has.
const (
	externalNumber     = 10
	loadBalancerNumber = 10
	// clusterNumber is beyond those that Kubernetes' own services have in a lab.
	clusterNumber = 200
)

// service adds a service with an address of each kind, and announces some ranges.
func (g generator) service(s *oracle.State) {
	external, loadBalancer := s.Topology.ExternalIPs.First(), s.Topology.LoadBalancerIPs.First()
	number := len(s.Services)
	service := oracle.Service{
		Namespace: "default", Name: fmt.Sprintf("%s%d", Name, number),
		Type:       pick(g, corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName),
		ClusterIPs: []netip.Addr{nth(s.Topology.Services.First(), clusterNumber+number)},
		Local:      g.IntN(2) == 0,
		Endpoints:  []oracle.Endpoint{{Node: g.node(s).Name, Ready: true}, {Node: g.node(s).Name, Ready: true}},
	}
	spec := global(s)
	if external.IsValid() {
		single := nth(external, externalNumber)
		spec.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: pick(g, external, route.Single(single), route.Single(single.Next())).String()}}
		service.ExternalIPs = []netip.Addr{single}
	}
	if loadBalancer.IsValid() {
		single := nth(loadBalancer, loadBalancerNumber)
		spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: pick(g, loadBalancer, external, route.Single(single)).String()}}
		service.LoadBalancerIPs = []netip.Addr{single}
	}
	if g.IntN(2) == 0 {
		spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: s.Topology.Services.First().String()}}
	}
	if g.kind == Living {
		service = possible(service)
	}
	s.Services = append(s.Services, service)
}

// possible makes of a service one that the API server takes.
func possible(s oracle.Service) oracle.Service {
	if s.Type == corev1.ServiceTypeExternalName {
		s.Type = corev1.ServiceTypeLoadBalancer
	}
	if s.Type == corev1.ServiceTypeClusterIP {
		s.Local = false
	}
	if s.Type != corev1.ServiceTypeLoadBalancer {
		s.LoadBalancerIPs = nil
	}
	return s
}

// nth is the n-th address of a prefix.
func nth(p netip.Prefix, n int) netip.Addr {
	address := p.Masked().Addr()
	for range n {
		address = address.Next()
	}
	return address
}
