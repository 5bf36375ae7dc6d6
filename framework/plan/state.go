package plan

import (
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
)

// Assumption says what a plan assumes of things that a cluster allots.
const Assumption = "blocks are planned as one for each node, in the topology's order, with one pod each; a cluster chooses its own"

// flannelSubnet is the length of the subnet that Kubernetes gives each node.
const flannelSubnet = 24

// State is the state that a lab of a design begins with. The parts that a cluster allots are
// planned: see Assumption. software is what routers can run.
func State(t *topology.Topology, m *calico.Mode, software map[topology.Software]bgp.Software) (oracle.State, error) {
	routers, err := fabric.Plan(t, m)
	if err != nil {
		return oracle.State{}, err
	}
	s := oracle.State{
		Topology: t, Resources: m.Resources, Routers: routers, Software: software, StockBIRD: stockBIRD(m),
		Flannel: m.Flannel, Backend: m.Backend, Services: []oracle.Service{kubernetes(t)},
	}
	for _, host := range t.CalicoNodes() {
		s.Nodes = append(s.Nodes, oracle.Designed(host, m.Resources))
	}
	return s, allot(&s)
}

// stockBIRD reports whether nodes run stock BIRD: labs do, but where the routes of a tunnel
// are BIRD's, which takes Calico's own.
func stockBIRD(m *calico.Mode) bool {
	return m.RouteOwner != calico.BIRDOwns || !slices.ContainsFunc(m.Resources.IPPools, func(p v3.IPPool) bool {
		return calico.EncapsulationOf(p) != calico.NoEncapsulation
	})
}

// kubernetes is the service that every cluster has. Its endpoint is the API server.
func kubernetes(t *topology.Topology) oracle.Service {
	return oracle.Service{
		Namespace: "default", Name: "kubernetes", Type: corev1.ServiceTypeClusterIP,
		ClusterIPs: []netip.Addr{t.Services.First().Addr().Next()}, Endpoints: []oracle.Endpoint{{Ready: true}},
	}
}

// allot gives each node of the cluster a block, a pod, and an address on its tunnel device.
func allot(s *oracle.State) error {
	network, encapsulation, length := s.Topology.Pods.First(), calico.NoEncapsulation, flannelSubnet
	if s.Flannel == nil {
		if len(s.Resources.IPPools) == 0 {
			return fmt.Errorf("plan topology %s: there is no IPPool: add one for the pod network %s", s.Topology.Name, network)
		}
		encapsulation, length = calico.EncapsulationOf(s.Resources.IPPools[0]), calico.BlockSize(s.Resources.IPPools[0])
	}
	next := network.Masked().Addr()
	for i := range s.Nodes {
		n := &s.Nodes[i]
		host, _ := s.Topology.Host(n.Name)
		if host.Role != topology.Node || !givesBlock(s.Resources.IPPools, *n) {
			continue
		}
		if !network.Contains(next) {
			return fmt.Errorf("plan topology %s: pod network %s has no block left for node %s: use a larger network, or smaller blocks", s.Topology.Name, network, n.Name)
		}
		block := netip.PrefixFrom(next, length)
		next = after(block)
		n.Blocks = []netip.Prefix{block}
		pod := block.Addr().Next()
		switch {
		case encapsulation.ViaIPIP():
			n.IPIPTunnel = block.Addr()
		case encapsulation.ViaVXLAN(), s.Flannel != nil && s.Flannel.Backend == calico.FlannelVXLAN:
			n.VXLANTunnel = block.Addr()
		}
		if block.IsSingleIP() {
			pod = block.Addr()
		}
		n.Workloads = []oracle.Workload{{Address: pod, Interface: oracle.InterfaceName(podNamespace, "app-"+n.Name)}}
	}
	return nil
}

// podNamespace is that of the planned pods.
const podNamespace = "default"

// givesBlock reports whether a pool gives pods of a node addresses. Without pools flannel's
// subnets do.
func givesBlock(pools []v3.IPPool, n oracle.Node) bool {
	return len(pools) == 0 || slices.ContainsFunc(pools, func(p v3.IPPool) bool {
		selector, err := calico.ParseSelector(p.Spec.NodeSelector)
		uses := len(p.Spec.AllowedUses) == 0 || slices.Contains(p.Spec.AllowedUses, v3.IPPoolAllowedUseWorkload)
		return err == nil && selector.Matches(n.Labels) && uses && !p.Spec.Disabled
	})
}

// after is the first address after a prefix; invalid after the last one of a family.
func after(p netip.Prefix) netip.Addr {
	octets := p.Masked().Addr().AsSlice()
	// A prefix is one more in its own last bit.
	carry := 1 << (7 - (p.Bits()+7)%8)
	for i := (p.Bits() - 1) / 8; i >= 0 && carry > 0; i-- {
		carry += int(octets[i])
		octets[i] = byte(carry)
		carry >>= 8
	}
	if carry > 0 {
		return netip.Addr{}
	}
	next, _ := netip.AddrFromSlice(octets)
	return next
}
