package oracle

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird/behaviour"
)

// calicoVersion is the version of Calico that the oracle computes for.
func calicoVersion() calico.Version { return calico.Version{Major: 3, Minor: 31} }

// felix is what Felix programs beyond the routes to a node's own pods: in pools
// with encapsulation the routes to other nodes' blocks and the blackholes of a
// node's own (felix/dataplane/linux: route_mgr.go, ipip_mgr.go, vxlan_mgr.go; what
// it makes of IPAM is in felix/calc/l3_route_resolver.go). Felix reads the
// datastore, so that nothing of this depends on BGP, nor on whether the other node
// is alive.
type felix struct {
	encapsulation calico.Encapsulation
	// pools are those with the encapsulation, and owner programs their routes.
	pools []netip.Prefix
	owner calico.RouteOwner
	// stockBIRD is State.StockBIRD.
	stockBIRD bool
	members   []member
	// mtus are those of packets in the tunnel, in bytes, by the name of the
	// FelixConfiguration that sets one.
	mtus map[string]int
}

// felix finds the pools with encapsulation. All have one (see checkPools).
func (s State) felix(members []member) felix {
	f := felix{encapsulation: calico.NoEncapsulation, stockBIRD: s.StockBIRD, members: members, mtus: map[string]int{}}
	for _, pool := range s.Resources.IPPools {
		if e := calico.EncapsulationOf(pool); e != calico.NoEncapsulation {
			cidr, _ := netip.ParsePrefix(pool.Spec.CIDR) // check has parsed it
			f.encapsulation, f.pools = e, append(f.pools, cidr)
			f.owner, _ = s.Resources.ClusterRoutes().Owner(calicoVersion(), e) // check has found it
		}
	}
	for _, c := range s.Resources.FelixConfigurations {
		set := c.Spec.IPIPMTU
		if f.encapsulation.ViaVXLAN() {
			set = c.Spec.VXLANMTU
		}
		if set != nil {
			f.mtus[c.Name] = *set
		}
	}
	return f
}

// tunnelMTU is the largest packet that Felix sends through a node's tunnel, in bytes: the
// smallest MTU of the node's interfaces in the fabric less the encapsulation's headers, if
// it is not set (findHostMTU and ConfigureDefaultMTUs in
// felix/dataplane/linux/int_dataplane.go).
func (f felix) tunnelMTU(n network, node member) uint32 {
	// A node's own 0 goes before the value of all nodes too.
	set, own := f.mtus[calico.NodePrefix+node.Name]
	if !own {
		set = f.mtus["default"]
	}
	if set != 0 {
		return uint32(set)
	}
	return uint32(n.Carries(*node.host(n)) - f.encapsulation.Overhead())
}

// contain reports whether a prefix is in a pool with encapsulation.
func (f felix) contain(prefix netip.Prefix) bool {
	return slices.ContainsFunc(f.pools, func(pool netip.Prefix) bool { return route.Contains(pool, prefix) })
}

// owns reports whether a prefix is in a pool whose routes Felix owns.
func (f felix) owns(prefix netip.Prefix) bool {
	return f.owner == calico.FelixOwns && f.contain(prefix)
}

// routes are those that Felix puts into a node's kernel.
func (f felix) routes(n network, node member) route.Table {
	var table route.Table
	for _, block := range node.Blocks {
		// A blackhole for a single address would stand in its pod's way
		// (routeIsLocalBlock).
		if f.owns(block) && !block.IsSingleIP() {
			table = append(table, route.Route{Prefix: block, Kind: route.Blackhole, Origin: route.OriginFelix})
		}
	}
	for _, other := range f.members {
		if other.Name == node.Name {
			continue
		}
		prefixes := other.holds()
		if end := route.Single(other.tunnelAddress(f.encapsulation)); slices.Contains(node.EndRoutes, other.Name) && !slices.Contains(prefixes, end) {
			prefixes = append(prefixes, end)
		}
		for _, prefix := range prefixes {
			if r, ok := f.remote(n, node, other, prefix); ok && f.owns(prefix) {
				table = append(table, r)
			}
		}
	}
	return table
}

// holds are the prefixes whose addresses are on a node: its blocks, and what it has
// out of others'.
func (n Node) holds() []netip.Prefix {
	all := slices.Clone(n.Blocks)
	for _, address := range n.Borrowed {
		if one := route.Single(address); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// remote is the route to a prefix that another node holds. One by the node's own
// interface is not there while that is down.
func (f felix) remote(n network, node, other member, prefix netip.Prefix) (route.Route, bool) {
	device := f.encapsulation.Device()
	parent, connected := n.towards(node.host(n), node.address)
	if f.encapsulation.CrossSubnet() && node.subnet(n).Contains(other.address) {
		return route.Route{Prefix: prefix, Origin: route.OriginFelix, NextHops: []route.NextHop{{Via: other.address, Dev: parent.Name, Onlink: true}}}, connected
	}
	tunnelled := route.Route{Prefix: prefix, Origin: vxlanOrigin, MTU: f.tunnelMTU(n, node)}
	switch {
	case !f.encapsulation.ViaVXLAN():
		tunnelled.Origin, tunnelled.NextHops = route.OriginFelix, []route.NextHop{{Via: other.address, Dev: device, Onlink: true}}
	case prefix == route.Single(other.VXLANTunnel):
		// The tunnel's other end itself.
		tunnelled.NextHops = []route.NextHop{{Dev: device}}
	default:
		tunnelled.NextHops = []route.NextHop{{Via: other.VXLANTunnel, Dev: device, Onlink: true}}
	}
	return tunnelled, true
}

// vxlanOrigin is that of routes through vxlan.calico: they belong to Felix by their
// interface, and have the number of routes to pods (DeviceRouteProtocol).
const vxlanOrigin = route.OriginBoot

// tunnelAddress is a node's address on the device of an encapsulation, if there is
// one.
func (n Node) tunnelAddress(e calico.Encapsulation) netip.Addr {
	switch {
	case e == calico.NoEncapsulation:
		return netip.Addr{}
	case e.ViaVXLAN():
		return n.VXLANTunnel
	}
	return n.IPIPTunnel
}

// tunnelPath is what BIRD's protocol `direct` takes of the tunnel device: the
// node's address on it.
func (f felix) tunnelPath(node member) (bgp.Path, bool) {
	return bgp.Path{
		Prefix: route.Single(node.tunnelAddress(f.encapsulation)), Preference: behaviour.Direct, Attributes: bgp.Attributes{LocalPref: path.DefaultLocalPref},
		Way: bgp.Way{Hops: []route.NextHop{{Dev: f.encapsulation.Device()}}},
	}, len(f.pools) > 0
}

// checkPools refuses pools whose routes are programmed by an owner that the oracle does
// not support.
func (s State) checkPools() []error {
	var problems []error
	for i, pool := range s.Resources.IPPools {
		refused := func(path, format string, args ...any) {
			problems = append(problems, refuse(v3.KindIPPool, pool.Name, path, format, args...))
		}
		e := calico.EncapsulationOf(pool)
		mode := "spec.ipipMode"
		if e.ViaVXLAN() {
			mode = "spec.vxlanMode"
		}
		if first := calico.EncapsulationOf(s.Resources.IPPools[0]); i > 0 && e != first {
			// Felix's managers for IPIP and VXLAN overwrite each other's blackholes.
			refused(mode, "it has encapsulation %s, and IPPool %s has %s: several at once are not supported, use one", e, s.Resources.IPPools[0].Name, first)
		}
		switch owner, err := s.Resources.ClusterRoutes().Owner(calicoVersion(), e); {
		case err != nil:
			refused(mode, "%w", err)
		case owner == calico.BIRDOwns && e != calico.NoEncapsulation && s.StockBIRD:
			refused(mode, "it has encapsulation %s and its routes are BIRD's, and the nodes' BIRD is a stock one, which puts no route through a tunnel: set programClusterRoutes to Enabled in a FelixConfiguration, or use a lab with Calico's own BIRD", e)
		}
		if _, err := parsePrefix(pool.Spec.CIDR); err != nil {
			refused("spec.cidr", "cidr: %w", err)
		}
	}
	return append(problems, s.checkTunnelPools()...)
}

// checkTunnelPools refuses pools with encapsulation where none of them gives a node an address
// for its tunnel (determineEnabledPoolCIDRs in node/pkg/allocateip/allocateip.go).
func (s State) checkTunnelPools() []error {
	var pools []v3.IPPool
	for _, pool := range s.Resources.IPPools {
		if calico.EncapsulationOf(pool) != calico.NoEncapsulation {
			pools = append(pools, pool)
		}
	}
	without := slices.DeleteFunc(slices.Clone(s.Nodes), func(n Node) bool {
		return slices.ContainsFunc(pools, func(p v3.IPPool) bool { return withholds(p, n) == "" })
	})
	var problems []error
	for _, pool := range pools {
		for _, field := range []struct{ path, advice string }{
			{"spec.allowedUses", "add Tunnel to allowedUses"}, {"spec.disabled", "enable the pool"}, {"spec.nodeSelector", "select every node by nodeSelector"},
		} {
			var left []string
			for _, n := range without {
				if withholds(pool, n) == field.path {
					left = append(left, n.Name)
				}
			}
			if len(left) > 0 {
				problems = append(problems, refuse(v3.KindIPPool, pool.Name, field.path, "%s no address for the tunnel from this pool or another, which is not supported: %s", gets(left), field.advice))
			}
		}
	}
	return problems
}

// withholds names the field by which a pool gives a node no address for its tunnel; empty where
// it gives one.
func withholds(pool v3.IPPool, n Node) (path string) {
	switch uses := pool.Spec.AllowedUses; {
	case len(uses) > 0 && !slices.Contains(uses, v3.IPPoolAllowedUseTunnel):
		return "spec.allowedUses"
	case pool.Spec.Disabled:
		return "spec.disabled"
	}
	// Calico passes over a pool whose selector it cannot read.
	if selector, err := calico.ParseSelector(pool.Spec.NodeSelector); err != nil || !selector.Matches(n.Labels) {
		return "spec.nodeSelector"
	}
	return ""
}

// gets is the subject of a sentence with its verb.
func gets(names []string) string {
	if len(names) == 1 {
		return names[0] + " gets"
	}
	return list(names) + " get"
}

// checkTunnels refuses a cluster that lacks what a pool with encapsulation needs.
func (s State) checkTunnels() error {
	f := s.felix(nil)
	if len(f.pools) == 0 {
		return nil
	}
	problems := s.checkHolders()
	for _, n := range s.Nodes {
		if !n.tunnelAddress(f.encapsulation).IsValid() {
			// Routes without it would be right, and the cluster is not.
			problems = append(problems, fmt.Errorf("oracle: node %s has no address on %s, and Calico allots one to every node: wait, or see the log of what allots them", n.Name, f.encapsulation.Device()))
		}
	}
	return errors.Join(problems...)
}

// checkHolders refuses two nodes with the same addresses: IPAM gives each to one, and
// which of two Felix would route to is chance.
func (s State) checkHolders() []error {
	var problems []error
	holders := map[netip.Prefix]string{}
	for _, n := range s.Nodes {
		for _, prefix := range n.holds() {
			if other, taken := holders[prefix]; taken && other != n.Name {
				problems = append(problems, fmt.Errorf("oracle: nodes %s and %s both have %s, and IPAM gives it to one", other, n.Name, prefix))
			}
			holders[prefix] = n.Name
		}
	}
	return problems
}
