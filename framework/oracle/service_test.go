package oracle_test

import (
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// The addresses of the service that the tests look at.
var (
	clusterIP      = netip.MustParseAddr("10.96.0.10")
	externalIP     = netip.MustParseAddr("192.168.3.10")
	loadBalancerIP = netip.MustParseAddr("192.168.4.10")
)

// single is the prefix of one address.
func single(address netip.Addr) netip.Prefix { return netip.PrefixFrom(address, address.BitLen()) }

// everyAddress is a service that has an address of each kind and whose traffic
// policy is Local, with ready endpoints on the nodes.
func everyAddress(nodes ...string) oracle.Service {
	s := oracle.Service{
		Namespace: "default", Name: "echo", Type: corev1.ServiceTypeLoadBalancer, Local: true,
		ClusterIPs: []netip.Addr{clusterIP}, ExternalIPs: []netip.Addr{externalIP}, LoadBalancerIPs: []netip.Addr{loadBalancerIP},
	}
	for _, node := range nodes {
		s.Endpoints = append(s.Endpoints, oracle.Endpoint{Node: node, Ready: true})
	}
	return s
}

// global is the spec of the BGPConfiguration for all nodes.
func global(state *oracle.State) *v3.BGPConfigurationSpec {
	return &state.Resources.BGPConfigurations[0].Spec
}

func externalRange(state *oracle.State, cidr string) {
	global(state).ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: cidr}}
}

func loadBalancerRange(state *oracle.State, cidr string) {
	global(state).ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: cidr}}
}

func aggregation(state *oracle.State, value v3.ServiceLoadBalancerAggregation) {
	global(state).ServiceLoadBalancerAggregation = &value
}

// A leaf hears of service addresses from its own rack's nodes and, over the spines,
// from the other's.
func TestServiceAddressesAtLeaves(t *testing.T) {
	const (
		excluded = "node.kubernetes.io/exclude-from-external-load-balancers"
		both     = "10.1.5.10 10.1.5.11"
		spines   = "10.1.10.2 10.1.12.2"
	)
	clusterIPs, externalIPs := netip.MustParsePrefix("10.96.0.0/16"), netip.MustParsePrefix("192.168.3.0/24")
	loadBalancerIPs := netip.MustParsePrefix("192.168.4.0/24")
	for _, c := range []struct {
		name    string
		service oracle.Service
		change  func(*testing.T, *oracle.State, *oracle.Service)
		// prefix is what is looked for at leaf0, hops what it must be.
		prefix netip.Prefix
		hops   string
	}{
		{name: "the range of cluster IPs is every node's", prefix: clusterIPs, hops: both},
		{name: "that of external IPs too", prefix: externalIPs, hops: both},
		{name: "and that of LoadBalancer IPs", prefix: loadBalancerIPs, hops: both},
		{name: "a Local service's cluster IP is that node's that has the endpoint", service: everyAddress("worker"), prefix: single(clusterIP), hops: "10.1.5.11"},
		{name: "and so is its external IP", service: everyAddress("worker"), prefix: single(externalIP), hops: "10.1.5.11"},
		{name: "and its LoadBalancer IP", service: everyAddress("worker"), prefix: single(loadBalancerIP), hops: "10.1.5.11"},
		{name: "two endpoints on a node are as one", service: everyAddress("worker", "worker"), prefix: single(clusterIP), hops: "10.1.5.11"},
		{name: "both nodes of a rack share it", service: everyAddress("worker", "control-plane"), prefix: single(clusterIP), hops: both},
		{name: "from the other rack it comes over the spines", service: everyAddress("worker3"), prefix: single(clusterIP), hops: spines},
		{name: "the own rack is nearer", service: everyAddress("worker3", "worker"), prefix: single(clusterIP), hops: "10.1.5.11"},
		{name: "without endpoints it is nobody's", service: everyAddress(), prefix: single(clusterIP), hops: ""},
		{name: "an endpoint outside of the cluster is on no node", service: everyAddress(""), prefix: single(clusterIP), hops: ""},
		{
			name: "one that is not ready does not count", service: everyAddress("worker"), prefix: single(clusterIP), hops: "",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Endpoints[0].Ready = false },
		},
		{
			name: "beside a ready one it takes nothing away", service: everyAddress("worker", "worker"), prefix: single(clusterIP), hops: "10.1.5.11",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Endpoints[0].Ready = false },
		},
		{
			name: "a service with policy Cluster has the range alone", service: everyAddress("worker"), prefix: single(clusterIP), hops: "",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Local = false },
		},
		{
			name: "a NodePort service is announced", service: everyAddress("worker"), prefix: single(clusterIP), hops: "10.1.5.11",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Type = corev1.ServiceTypeNodePort },
		},
		{
			name: "a ClusterIP service is announced", service: everyAddress("worker"), prefix: single(clusterIP), hops: "10.1.5.11",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Type = corev1.ServiceTypeClusterIP },
		},
		{
			name: "an ExternalName service is not", service: everyAddress("worker"), prefix: single(externalIP), hops: "",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.Type = corev1.ServiceTypeExternalName },
		},
		{
			name: "a headless one is not", service: everyAddress("worker"), prefix: single(externalIP), hops: "",
			change: func(_ *testing.T, _ *oracle.State, s *oracle.Service) { s.ClusterIPs = nil },
		},
		{
			name: "an external IP outside of the range is not announced", service: everyAddress("worker"), prefix: single(externalIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { externalRange(s, "192.168.3.128/25") },
		},
		{
			name: "a LoadBalancer IP outside of the range is not", service: everyAddress("worker"), prefix: single(loadBalancerIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { loadBalancerRange(s, "192.168.4.128/25") },
		},
		{
			name: "the range of external IPs is not for LoadBalancer IPs", service: everyAddress("worker"), prefix: single(loadBalancerIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				externalRange(s, "192.168.4.0/24")
				global(s).ServiceLoadBalancerIPs = nil
			},
		},
		{
			name: "a cluster IP is announced if any range of them is", service: everyAddress("worker"), prefix: single(clusterIP), hops: "10.1.5.11",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				global(s).ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.128.0/17"}}
			},
		},
		{
			name: "without such a range it is not", service: everyAddress("worker"), prefix: single(clusterIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { global(s).ServiceClusterIPs = nil },
		},
		{
			name: "a range of one cluster IP is every node's whatever services there are", prefix: single(clusterIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				global(s).ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.10/32"}}
			},
		},

		// A single address as a range.
		{
			name: "an external IP of its own needs a service", prefix: single(externalIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { externalRange(s, "192.168.3.10/32") },
		},
		{
			name: "with policy Cluster it is every node's, endpoints or not", service: everyAddress(), prefix: single(externalIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local = false
				externalRange(s, "192.168.3.10/32")
			},
		},
		{
			name: "also of a ClusterIP service", service: everyAddress(), prefix: single(externalIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local, service.Type = false, corev1.ServiceTypeClusterIP
				externalRange(s, "192.168.3.10/32")
			},
		},
		{
			name: "with policy Local it follows the endpoints", service: everyAddress("worker"), prefix: single(externalIP), hops: "10.1.5.11",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { externalRange(s, "192.168.3.10/32") },
		},
		{
			name: "the service's other addresses go with it", service: everyAddress(), prefix: single(clusterIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local = false
				externalRange(s, "192.168.3.10/32")
			},
		},
		{
			name: "another service's address does not make one a range of its own", service: everyAddress(), prefix: single(clusterIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local = false
				externalRange(s, "192.168.3.11/32")
			},
		},
		{
			name: "a LoadBalancer IP of its own is every node's", service: everyAddress(), prefix: single(loadBalancerIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local = false
				loadBalancerRange(s, "192.168.4.10/32")
			},
		},
		{
			name: "but not that of a service that has become a NodePort one", service: everyAddress(), prefix: single(loadBalancerIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local, service.Type = false, corev1.ServiceTypeNodePort
				loadBalancerRange(s, "192.168.4.10/32")
			},
		},
		{
			name: "a LoadBalancer IP of its own follows the endpoints with policy Local", service: everyAddress("worker"), prefix: single(loadBalancerIP), hops: "10.1.5.11",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) { loadBalancerRange(s, "192.168.4.10/32") },
		},

		// Without aggregation.
		{
			name: "without aggregation the range of LoadBalancer IPs is nobody's", prefix: loadBalancerIPs, hops: "",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},
		{
			name: "that of external IPs stays", prefix: externalIPs, hops: both,
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},
		{
			name: "with aggregation said to be enabled the range is every node's", prefix: loadBalancerIPs, hops: both,
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				aggregation(s, v3.ServiceLoadBalancerAggregationEnabled)
			},
		},
		{
			name: "without it a LoadBalancer IP is every node's while any endpoint is ready", service: everyAddress("worker3"), prefix: single(loadBalancerIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local = false
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},
		{
			name: "and nobody's when none is", service: everyAddress("worker3"), prefix: single(loadBalancerIP), hops: "",
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local, service.Endpoints[0].Ready = false, false
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},
		{
			name: "without it the cluster IPs of all services come too", service: everyAddress("worker3"), prefix: single(clusterIP), hops: both,
			change: func(_ *testing.T, s *oracle.State, service *oracle.Service) {
				service.Local, service.Type = false, corev1.ServiceTypeClusterIP
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},
		{
			name: "without it a Local service still follows its endpoints", service: everyAddress("worker"), prefix: single(loadBalancerIP), hops: "10.1.5.11",
			change: func(_ *testing.T, s *oracle.State, _ *oracle.Service) {
				aggregation(s, v3.ServiceLoadBalancerAggregationDisabled)
			},
		},

		// Nodes that are excluded from load balancers.
		{
			name: "an excluded node does not announce ranges", prefix: clusterIPs, hops: "10.1.5.10",
			change: func(t *testing.T, s *oracle.State, _ *oracle.Service) {
				node(t, *s, "worker").Labels[excluded] = "true"
			},
		},
		{
			name: "nor single addresses", service: everyAddress("worker", "control-plane"), prefix: single(loadBalancerIP), hops: "10.1.5.10",
			change: func(t *testing.T, s *oracle.State, _ *oracle.Service) {
				node(t, *s, "worker").Labels[excluded] = "true"
			},
		},
		{
			name: "its pods are still there", prefix: workerBlock, hops: "10.1.5.11",
			change: func(t *testing.T, s *oracle.State, _ *oracle.Service) {
				node(t, *s, "worker").Labels[excluded] = "true"
			},
		},
		{
			name: "the label must say true", prefix: clusterIPs, hops: both,
			change: func(t *testing.T, s *oracle.State, _ *oracle.Service) {
				node(t, *s, "worker").Labels[excluded] = "false"
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "serviceips")
			if c.change != nil {
				c.change(t, &state, &c.service)
			}
			if c.service.Name != "" {
				state.Services = []oracle.Service{c.service}
			}
			if got := hopsTo(tables(t, state)["leaf0"], c.prefix); got != c.hops {
				t.Errorf("%s: next hops %q, want %q", c.prefix, got, c.hops)
			}
		})
	}
}

// A service's addresses do not come into its nodes' kernels, where kube-proxy has
// the say, unless they are a range of their own.
func TestServiceAddressesInTheKernel(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{name: "no range, though every node announces it", host: "worker", prefix: netip.MustParsePrefix("10.96.0.0/16"), hops: ""},
		{name: "no address of a range on the node that announces it", host: "worker", prefix: single(externalIP), hops: ""},
		{name: "and none on one that hears of it", host: "control-plane", prefix: single(externalIP), hops: ""},
		{
			name: "nor on one that announces nothing", host: "control-plane", prefix: netip.MustParsePrefix("192.168.3.0/24"), hops: "",
			change: func(t *testing.T, s *oracle.State) {
				node(t, *s, "control-plane").Labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "true"
			},
		},
		{
			name: "a single address is a blackhole where it is announced", host: "worker", prefix: single(externalIP), hops: "blackhole",
			change: func(_ *testing.T, s *oracle.State) { externalRange(s, "192.168.3.10/32") },
		},
		{
			name: "and a route elsewhere", host: "control-plane", prefix: single(externalIP), hops: "10.1.5.11",
			change: func(_ *testing.T, s *oracle.State) { externalRange(s, "192.168.3.10/32") },
		},
		{
			name: "so is a LoadBalancer IP without aggregation", host: "worker", prefix: single(loadBalancerIP), hops: "blackhole",
			change: func(_ *testing.T, s *oracle.State) { aggregation(s, v3.ServiceLoadBalancerAggregationDisabled) },
		},
		{
			name: "a single cluster IP is like any range", host: "worker", prefix: single(clusterIP), hops: "",
			change: func(_ *testing.T, s *oracle.State) {
				global(s).ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.10/32"}}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "serviceips")
			state.Services = []oracle.Service{everyAddress("worker")}
			if c.change != nil {
				c.change(t, &state)
			}
			if got := hopsTo(tables(t, state)[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

// Two reasons for one announcement make one path, of which the neighbour would see
// two if there were two (RFC 7911).
func TestServiceAddressesAreAnnouncedOnce(t *testing.T) {
	state := cluster(t, "leaf-spine", "serviceips")
	global(&state).ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: "192.168.4.0/24"}, {CIDR: "192.168.3.0/24"}}
	other := everyAddress("worker")
	other.Name, other.ClusterIPs = "other", []netip.Addr{clusterIP.Next()}
	state.Services = []oracle.Service{everyAddress("worker"), other}
	for _, prefix := range []netip.Prefix{netip.MustParsePrefix("192.168.3.0/24"), single(externalIP)} {
		got := paths(t, state, "leaf0").To(prefix).From(netip.MustParseAddr("10.1.5.11"))
		if len(got) != 1 {
			t.Errorf("leaf0 has %d paths to %s from worker, want one: %v", len(got), prefix, got)
		}
	}
	// The address stays while one of the services has it.
	state.Services = state.Services[1:]
	if got := hopsTo(tables(t, state)["leaf0"], single(externalIP)); got != "10.1.5.11" {
		t.Errorf("next hops %q, want worker", got)
	}
}

// A reflector passes on service addresses that it does not announce itself; another
// node does not.
func TestReflectorsPassServiceAddressesOn(t *testing.T) {
	const (
		excluded   = "node.kubernetes.io/exclude-from-external-load-balancers"
		reflectors = "10.1.5.10 10.1.5.11"
	)
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		prefix netip.Prefix
		// hops are leaf0's, which has sessions with the reflectors alone.
		hops string
	}{
		{name: "a cluster IP of the range that they announce", prefix: single(clusterIP), hops: reflectors},
		{name: "an external IP that is a range of its own", prefix: single(externalIP), hops: reflectors},
		{name: "a LoadBalancer IP that is a range of its own", prefix: single(loadBalancerIP), hops: reflectors},
		{
			name: "external IPs also where they announce nothing", prefix: single(externalIP), hops: reflectors,
			change: func(t *testing.T, s *oracle.State) { exclude(t, *s, excluded) },
		},
		{
			name: "LoadBalancer IPs too", prefix: single(loadBalancerIP), hops: reflectors,
			change: func(t *testing.T, s *oracle.State) { exclude(t, *s, excluded) },
		},
		{
			name: "but not cluster IPs", prefix: single(clusterIP), hops: "",
			change: func(t *testing.T, s *oracle.State) { exclude(t, *s, excluded) },
		},
		{
			name: "a node that is no reflector passes none on", prefix: single(externalIP), hops: "",
			change: func(t *testing.T, s *oracle.State) {
				for _, name := range []string{"control-plane", "worker"} {
					node(t, *s, name).ReflectorClusterID = ""
				}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := withoutNextHopMode(cluster(t, "single-rack", "nodereflector"))
			global(&state).ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.0/16"}}
			externalRange(&state, "192.168.3.10/32")
			loadBalancerRange(&state, "192.168.4.10/32")
			state.Services = []oracle.Service{everyAddress("worker3")}
			if c.change != nil {
				c.change(t, &state)
			}
			if got := hopsTo(tables(t, state)["leaf0"], c.prefix); got != c.hops {
				t.Errorf("%s: next hops %q, want %q", c.prefix, got, c.hops)
			}
		})
	}
}

func exclude(t *testing.T, state oracle.State, label string) {
	t.Helper()
	for _, name := range []string{"control-plane", "worker"} {
		node(t, state, name).Labels[label] = "true"
	}
}

// Nodes of the mesh pass the addresses of their ranges on to neighbours of another
// AS, as they pass pods on (#5235).
func TestServiceAddressesBesideTheMesh(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 65005}}}
	leaf := fabric.Router{Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1")}
	for _, host := range state.Topology.Nodes() {
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: host.Name, Address: host.Address(), AS: 64512})
	}
	state.Routers = []fabric.Router{leaf}
	state.Services = []oracle.Service{everyAddress("worker3")}
	externalRange(&state, "192.168.3.0/24")
	loadBalancerRange(&state, "192.168.4.10/32")
	for prefix, want := range map[netip.Prefix]string{
		single(externalIP):     "10.1.5.10 10.1.5.11 10.1.5.12 10.1.5.13",
		single(loadBalancerIP): "10.1.5.13",
	} {
		if got := hopsTo(tables(t, state)["leaf0"], prefix); got != want {
			t.Errorf("%s: next hops %q, want %q", prefix, got, want)
		}
	}
}

// Mode serviceips: the ranges are announced by every node, and everywhere in the
// fabric by equal cost; nodes keep them out of their kernels. A Local service's
// addresses are worker's.
func TestServiceTables(t *testing.T) {
	const worker = `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		10.1.8.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.10.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.11.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.12.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.34.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.100.0/24 via 10.1.5.1 dev net0 proto bird
		10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
		blackhole 10.244.11.0/26 proto bird
		10.244.11.1/32 dev cali-worker proto boot
		10.244.12.0/26 via 10.1.5.1 dev net0 proto bird
		10.244.13.0/26 via 10.1.5.1 dev net0 proto bird
		172.30.0.0/24 dev eth0 proto kernel`
	const spine0 = `
		10.1.5.0/24 via 10.1.10.1 dev eth1 proto bgp metric 20
		10.1.8.0/24 via 10.1.34.1 dev eth2 proto bgp metric 20
		10.1.10.0/24 dev eth1 proto kernel
		10.1.11.0/24 via 10.1.34.1 dev eth2 proto bgp metric 20
		10.1.12.0/24 via 10.1.10.1 dev eth1 proto bgp metric 20
		10.1.34.0/24 dev eth2 proto kernel
		10.1.100.0/24 dev eth3 proto kernel
		10.96.0.0/16 proto bgp metric 20 nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2
		10.96.0.10/32 via 10.1.10.1 dev eth1 proto bgp metric 20
		10.244.10.0/26 via 10.1.10.1 dev eth1 proto bgp metric 20
		10.244.11.0/26 via 10.1.10.1 dev eth1 proto bgp metric 20
		10.244.12.0/26 via 10.1.34.1 dev eth2 proto bgp metric 20
		10.244.13.0/26 via 10.1.34.1 dev eth2 proto bgp metric 20
		192.168.3.0/24 proto bgp metric 20 nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2
		192.168.3.10/32 via 10.1.10.1 dev eth1 proto bgp metric 20
		192.168.4.0/24 proto bgp metric 20 nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2
		192.168.4.10/32 via 10.1.10.1 dev eth1 proto bgp metric 20`
	t.Run("FRR", func(t *testing.T) {
		state := cluster(t, "leaf-spine", "serviceips")
		state.Services = []oracle.Service{everyAddress("worker")}
		got := tables(t, state)
		agree(t, "worker", got["worker"], worker)
		agree(t, "spine0", got["spine0"], spine0)
		agree(t, "leaf0", got["leaf0"], `
		10.1.5.0/24 dev eth3 proto kernel
		10.1.8.0/24 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.1.10.0/24 dev eth1 proto kernel
		10.1.11.0/24 via 10.1.12.2 dev eth2 proto bgp metric 20
		10.1.12.0/24 dev eth2 proto kernel
		10.1.34.0/24 via 10.1.10.2 dev eth1 proto bgp metric 20
		10.1.100.0/24 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.96.0.0/16 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		10.96.0.10/32 via 10.1.5.11 dev eth3 proto bgp metric 20
		10.244.10.0/26 via 10.1.5.10 dev eth3 proto bgp metric 20
		10.244.11.0/26 via 10.1.5.11 dev eth3 proto bgp metric 20
		10.244.12.0/26 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.244.13.0/26 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		192.168.3.0/24 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		192.168.3.10/32 via 10.1.5.11 dev eth3 proto bgp metric 20
		192.168.4.0/24 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		192.168.4.10/32 via 10.1.5.11 dev eth3 proto bgp metric 20`)
	})
	t.Run("BIRD", func(t *testing.T) {
		state := birdLeaves(cluster(t, "leaf-spine", "serviceips"))
		state.Services = []oracle.Service{everyAddress("worker")}
		got := tables(t, state)
		agree(t, "worker", got["worker"], worker)
		agree(t, "spine0", got["spine0"], spine0)
		agree(t, "leaf0", got["leaf0"], `
		10.1.5.0/24 dev eth3 proto kernel
		10.1.8.0/24 proto bird nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.1.10.0/24 dev eth1 proto kernel
		10.1.11.0/24 via 10.1.12.2 dev eth2 proto bird
		10.1.12.0/24 dev eth2 proto kernel
		10.1.34.0/24 via 10.1.10.2 dev eth1 proto bird
		10.1.100.0/24 proto bird nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.96.0.0/16 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		10.96.0.10/32 via 10.1.5.11 dev eth3 proto bird
		10.244.10.0/26 via 10.1.5.10 dev eth3 proto bird
		10.244.11.0/26 via 10.1.5.11 dev eth3 proto bird
		10.244.12.0/26 proto bird nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.244.13.0/26 proto bird nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		192.168.3.0/24 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		192.168.3.10/32 via 10.1.5.11 dev eth3 proto bird
		192.168.4.0/24 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		192.168.4.10/32 via 10.1.5.11 dev eth3 proto bird`)
	})
}
