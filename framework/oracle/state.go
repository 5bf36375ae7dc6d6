package oracle

import (
	"crypto/sha1"
	"encoding/hex"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// State is everything that decides which sessions and routes a lab has.
type State struct {
	Topology *topology.Topology
	// Resources are the Calico resources as they are in the cluster now. Of their
	// Nodes nothing is read: what nodes are is in State.Nodes.
	Resources calico.Resources
	// Routers say what the routers of the fabric are configured to do.
	Routers []fabric.Router
	// Software is what routers can run, by its name in the topology. Every router's
	// must be there: the oracle assumes none.
	Software map[topology.Software]bgp.Software
	// StockBIRD says that the nodes' BIRD does not know krt_tunnel, Calico's addition, so
	// that their kernel filter is adapted (package router/bird).
	StockBIRD bool
	// Flannel is the pod network if that is flannel's: then nodes have no BGP, and the
	// resources have no pool. Nil for Calico's.
	Flannel *calico.Flannel
	// Backend says whether nodes have BGP where the pod network is Calico's; empty is
	// calico.BIRDBackend, with which they have.
	Backend calico.Backend
	// Nodes are the nodes that are in the cluster. A node of the topology that is
	// not among them is a host without BGP.
	Nodes []Node
	// Services are the cluster's.
	Services []Service
	// Passwords are those that BGPPeers refer to, by the BGPPeer's name. One whose
	// secret is not there has none, and its sessions have no password.
	Passwords map[string]string
	// Foreign are routes that somebody has put into nodes' kernels on purpose, by the node's
	// name. BIRD learns them like any other.
	Foreign map[string]route.Table
	// CutLinks are the links that are cut, by name: down at all their ends.
	CutLinks map[string]bool
	// CutEnds are ends of links that are down; the other ends do not notice.
	CutEnds map[End]bool
}

// End is a host's end of a link.
type End struct{ Link, Host string }

// Blocks are the blocks of the nodes of these names.
func (s State) Blocks(nodes ...string) []netip.Prefix {
	var blocks []netip.Prefix
	for _, n := range s.Nodes {
		if slices.Contains(nodes, n.Name) {
			blocks = append(blocks, n.Blocks...)
		}
	}
	return blocks
}

// Node is a node of the cluster with what Calico keeps about it.
type Node struct {
	// Name is that of a host in the topology. Its address there is the node IP.
	Name   string
	Labels map[string]string
	// AS is the node's own AS number, 0 where the cluster's default holds.
	AS uint32
	// ReflectorClusterID makes the node a route reflector; empty for all others.
	ReflectorClusterID string
	// Blocks are the IPAM blocks with a confirmed affinity to the node. Where the pod network
	// is flannel's, they are the one subnet of it that Kubernetes has given the node.
	Blocks []netip.Prefix
	// Subnet is the node IP with its subnet's length as Calico has it, by which it
	// tells nodes of the same subnet; invalid for the one that the topology has.
	Subnet netip.Prefix
	// IPIPTunnel and VXLANTunnel are the addresses of the node's own on its tunnel
	// devices, invalid where it has none.
	IPIPTunnel, VXLANTunnel netip.Addr
	// FlannelHardwareAddress is the hardware address of flannel's device that the node's
	// flannel has published; empty where it has none.
	FlannelHardwareAddress string
	// Borrowed are addresses that are on the node, a pod's or its tunnel's, and of a
	// block that is not its own.
	Borrowed []netip.Addr
	// EndRoutes are the nodes to whose tunnel address this node has a route besides
	// that to its block. Such a route changes no way, and whether Felix makes it
	// depends on chance: it does if it hears of the block first and of the address then
	// (flush in felix/calc/l3_route_resolver.go, isRemoteTunnelRoute in route_mgr.go;
	// projectcalico/calico#12122). So it is read off the node, like what a daemon
	// remembers; the oracle computes its form and BIRD's use of it.
	EndRoutes []string
	// Workloads are the pods on the node that have a network namespace of their own.
	Workloads []Workload
	// Gone says that the node is in the API but switched off: the others still
	// have their sessions with it configured, and it answers nobody.
	Gone bool
}

// Workload is a pod as its node's routing table sees it.
type Workload struct {
	Address netip.Addr
	// Interface is the host's end of the pod's veth pair (see InterfaceName).
	Interface string
}

// InterfaceName is the name of the host's end of a pod's veth pair: `cali` and
// eleven hexadecimal digits of a SHA-1 (VethNameForWorkload in libcalico-go,
// lib/backend/k8s/conversion).
func InterfaceName(namespace, pod string) string {
	sum := sha1.Sum([]byte(namespace + "." + pod))
	return "cali" + hex.EncodeToString(sum[:])[:11]
}

// WithoutBGP reports whether nodes speak no BGP.
func (s State) WithoutBGP() bool { return s.Flannel != nil || s.Backend == calico.VXLANBackend }
