package oracle_test

import (
	"net/netip"
	"reflect"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
)

// handledCase shows that the oracle handles a field.
type handledCase struct {
	state oracle.State
	// change changes the field. Passwords are in the state beside their BGPPeers, and nodes
	// beside the resources.
	change func(*oracle.State)
	// refused says that the change leads to something that the oracle refuses.
	refused bool
}

// Every field that is handled has a case here, in which it changes what is expected.
func TestHandledFieldsHaveAnEffect(t *testing.T) {
	cases := map[string]map[string]handledCase{
		v3.KindBGPConfiguration: configurationCases(t), v3.KindBGPPeer: peerCases(t), v3.KindBGPFilter: filterCases(t), v3.KindIPPool: poolCases(t),
		v3.KindFelixConfiguration: felixCases(t),
		calico.KindNode:           nodeCases(t),
	}
	for _, f := range oracle.Fields() {
		c, ok := cases[f.Kind][f.Path]
		delete(cases[f.Kind], f.Path)
		if f.Treatment != oracle.Handled {
			if ok {
				t.Errorf("%s %s has a case, and is not handled", f.Kind, f.Path)
			}
			continue
		}
		if !ok {
			t.Errorf("%s %s is handled, and has no case that shows it: add one", f.Kind, f.Path)
			continue
		}
		t.Run(f.Kind+"/"+f.Path, func(t *testing.T) {
			before := expectationOf(c.state)
			if before.err != "" {
				t.Fatal(before.err)
			}
			c.change(&c.state)
			after := expectationOf(c.state)
			if reflect.DeepEqual(after, before) {
				t.Error("it changes nothing")
			}
			if (after.err != "") != c.refused {
				t.Errorf("error %q, refused %t", after.err, c.refused)
			}
		})
	}
	for kind, left := range cases {
		for path := range left {
			t.Errorf("%s %s has a case, and is no field", kind, path)
		}
	}
}

func felixCases(t *testing.T) map[string]handledCase {
	t.Helper()
	felix := func(mode string, change func(*v3.FelixConfigurationSpec)) handledCase {
		return handledCase{state: cluster(t, "two-racks", mode), change: func(s *oracle.State) { change(&s.Resources.FelixConfigurations[0].Spec) }}
	}
	return map[string]handledCase{
		"spec.programClusterRoutes": felix("ipip", func(f *v3.FelixConfigurationSpec) { f.ProgramClusterRoutes = new("Disabled") }),
		"spec.ipipMTU":              felix("ipip", func(f *v3.FelixConfigurationSpec) { f.IPIPMTU = new(1300) }),
		"spec.vxlanMTU":             felix("vxlan", func(f *v3.FelixConfigurationSpec) { f.VXLANMTU = new(1300) }),
	}
}

func configurationCases(t *testing.T) map[string]handledCase {
	t.Helper()
	tagged := func(communities ...v3.Community) oracle.State {
		state := filteredLeaf(t)
		global(&state).Communities = communities
		global(&state).PrefixAdvertisements = []v3.PrefixAdvertisement{{CIDR: state.Resources.IPPools[0].Spec.CIDR, Communities: []string{"mine"}}}
		return state
	}
	balanced := withServices(cluster(t, "leaf-spine", "serviceips"))
	loadBalancerRange(&balanced, "192.168.4.0/24")
	return map[string]handledCase{
		"spec.asNumber":               {state: cluster(t, "single-rack", "fullmesh"), change: func(s *oracle.State) { global(s).ASNumber = new(asNumber(64999)) }},
		"spec.nodeToNodeMeshEnabled":  {state: cluster(t, "single-rack", "fullmesh"), change: func(s *oracle.State) { global(s).NodeToNodeMeshEnabled = new(false) }},
		"spec.serviceClusterIPs":      {state: filteredLeaf(t), change: func(s *oracle.State) { global(s).ServiceClusterIPs = nil }},
		"spec.serviceExternalIPs":     {state: filteredLeaf(t), change: func(s *oracle.State) { externalRange(s, "192.168.3.0/24") }},
		"spec.serviceLoadBalancerIPs": {state: filteredLeaf(t), change: func(s *oracle.State) { loadBalancerRange(s, "192.168.4.0/24") }},
		"spec.serviceLoadBalancerAggregation": {state: balanced, change: func(s *oracle.State) {
			aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
		}},
		"spec.communities":          {state: tagged(v3.Community{Name: "mine", Value: "65000:1"}), change: func(s *oracle.State) { global(s).Communities[0].Value = "65000:2" }},
		"spec.prefixAdvertisements": {state: tagged(v3.Community{Name: "mine", Value: "65000:1"}), change: func(s *oracle.State) { global(s).PrefixAdvertisements = nil }},
	}
}

func peerCases(t *testing.T) map[string]handledCase {
	t.Helper()
	first := func(change func(*v3.BGPPeerSpec)) func(*oracle.State) {
		return func(s *oracle.State) { change(&s.Resources.BGPPeers[0].Spec) }
	}
	// A node on both racks' links, which leaf1 expects at its second address.
	twoLinks := cluster(t, "leaf-spine", "leafreflector")
	onBothRacks(t, twoLinks)
	withPeers(&twoLinks, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.8.1", ASNumber: 65008})
	node(t, twoLinks, "worker").AS = 65008
	leaf := router(t, twoLinks, "leaf1")
	leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker", Address: netip.MustParseAddr("10.1.8.99"), AS: 65008})
	selecting := cluster(t, "single-rack", "fullmesh")
	withPeers(&selecting, v3.BGPPeerSpec{Node: "worker", PeerSelector: "all()"})
	oneWay := cluster(t, "single-rack", "fullmesh")
	withPeers(&oneWay, v3.BGPPeerSpec{Node: "worker", PeerSelector: "all()"})
	reflecting := cluster(t, "rack-reflector", "rackreflector")
	return map[string]handledCase{
		"spec.node":         {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.Node = "worker" })},
		"spec.nodeSelector": {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.NodeSelector = "kubernetes.io/hostname == 'worker'" })},
		"spec.peerIP":       {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.PeerIP = "10.1.5.11" })},
		"spec.asNumber":     {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.ASNumber = 65006 })},
		"spec.peerSelector": {state: selecting, change: first(func(p *v3.BGPPeerSpec) { p.PeerSelector = "kubernetes.io/hostname == 'worker2'" })},
		"spec.localASNumber": {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) {
			p.LocalASNumber = new(asNumber(64999))
		})},
		"spec.numAllowedLocalASNumbers": {state: oneASForAllRacks(t, 0), change: func(s *oracle.State) {
			for i := range s.Resources.BGPPeers {
				s.Resources.BGPPeers[i].Spec.NumAllowedLocalASNumbers = new(int32(1))
			}
		}},
		"spec.keepOriginalNextHop": {state: rackReflectors(t, v3.BGPPeerSpec{}), change: func(s *oracle.State) {
			for i := range s.Resources.BGPPeers {
				s.Resources.BGPPeers[i].Spec.KeepOriginalNextHop = true
			}
		}},
		"spec.nextHopMode": {state: reflecting, change: func(s *oracle.State) { *s = withoutNextHopMode(*s) }},
		"spec.password": {state: filteredLeaf(t), change: func(s *oracle.State) {
			s.Passwords = map[string]string{s.Resources.BGPPeers[0].Name: "secret"}
		}},
		"spec.sourceAddress": {state: twoLinks, change: first(func(p *v3.BGPPeerSpec) { p.SourceAddress = v3.SourceAddressNone })},
		"spec.ttlSecurity":   {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.TTLSecurity = new(uint8(1)) })},
		"spec.filters":       {state: filteredLeaf(t), change: first(func(p *v3.BGPPeerSpec) { p.Filters = nil })},
		"spec.reversePeering": {state: oneWay, change: first(func(p *v3.BGPPeerSpec) {
			p.ReversePeering = new(v3.ReversePeeringManual)
		})},
	}
}

func filterCases(t *testing.T) map[string]handledCase {
	t.Helper()
	cases := map[string]handledCase{}
	const inPool = "10.244.0.0/16"
	for field, change := range map[string]func(*v3.BGPFilterRuleV4){
		"action":        func(r *v3.BGPFilterRuleV4) { r.Action = v3.Accept },
		"cidr":          func(r *v3.BGPFilterRuleV4) { r.CIDR = "192.0.2.0/24" },
		"matchOperator": func(r *v3.BGPFilterRuleV4) { r.MatchOperator = v3.NotIn },
		"prefixLength":  func(r *v3.BGPFilterRuleV4) { *r = ofLength(*r, 32, 32) },
		"source":        func(r *v3.BGPFilterRuleV4) { r.Source = v3.BGPFilterSourceRemotePeers },
		"interface":     func(r *v3.BGPFilterRuleV4) { r.Interface = "cali*" },
	} {
		cases["spec.exportV4[]."+field] = handledCase{state: externalLeaf(t, exportFilter("f", rule(v3.Reject, v3.In, inPool))), change: func(s *oracle.State) { change(&s.Resources.BGPFilters[0].Spec.ExportV4[0]) }}
		cases["spec.importV4[]."+field] = handledCase{state: externalLeaf(t, importFilter("f", rule(v3.Reject, v3.In, "10.1.0.0/16"))), change: func(s *oracle.State) { change(&s.Resources.BGPFilters[0].Spec.ImportV4[0]) }}
	}
	delete(cases, "spec.importV4[].interface")
	// The one value that it can have is true of every received path.
	cases["spec.importV4[].source"] = handledCase{
		state: externalLeaf(t, importFilter("f", rule(v3.Reject, v3.In, "10.1.0.0/16"))), refused: true,
		change: func(s *oracle.State) { s.Resources.BGPFilters[0].Spec.ImportV4[0].Source = "Nobody" },
	}
	return cases
}

func poolCases(t *testing.T) map[string]handledCase {
	t.Helper()
	foreign := filteredLeaf(t)
	place(t, foreign, "worker", netip.MustParseAddr("10.244.99.1"))
	return map[string]handledCase{
		"spec.cidr":             {state: foreign, change: func(s *oracle.State) { s.Resources.IPPools[0].Spec.CIDR = "10.245.0.0/16" }},
		"spec.ipipMode":         {state: cluster(t, "two-racks", "ipip"), change: func(s *oracle.State) { s.Resources.IPPools[0].Spec.IPIPMode = v3.IPIPModeCrossSubnet }},
		"spec.vxlanMode":        {state: cluster(t, "two-racks", "vxlan"), change: func(s *oracle.State) { s.Resources.IPPools[0].Spec.VXLANMode = v3.VXLANModeCrossSubnet }},
		"spec.disableBGPExport": {state: filteredLeaf(t), change: func(s *oracle.State) { s.Resources.IPPools[0].Spec.DisableBGPExport = true }},
	}
}

func nodeCases(t *testing.T) map[string]handledCase {
	t.Helper()
	// renew gives the state's nodes what their resources say.
	renew := func(bgp calico.NodeBGPSpec) func(*oracle.State) {
		return func(s *oracle.State) {
			r := calico.Resources{Nodes: []calico.Node{{ObjectMeta: metav1.ObjectMeta{Name: "worker"}, Spec: calico.NodeSpec{BGP: &bgp}}}}
			for i, n := range nodesOf(s.Topology, r) {
				s.Nodes[i].AS, s.Nodes[i].ReflectorClusterID = n.AS, n.ReflectorClusterID
			}
		}
	}
	return map[string]handledCase{
		"spec.bgp.asNumber":                {state: cluster(t, "single-rack", "fullmesh"), change: renew(calico.NodeBGPSpec{ASNumber: new(asNumber(64999))})},
		"spec.bgp.routeReflectorClusterID": {state: cluster(t, "single-rack", "fullmesh"), change: renew(calico.NodeBGPSpec{RouteReflectorClusterID: "244.0.0.1"})},
		"spec.bgp.ipv4Address": {state: cluster(t, "two-racks", "crosssubnet"), change: func(s *oracle.State) {
			n := &s.Nodes[0]
			host, _ := s.Topology.Host(n.Name)
			n.Subnet, _ = host.Address().Prefix(32)
		}},
	}
}
