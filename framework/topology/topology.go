package topology

import "net/netip"

// Role says what a host is in the fabric.
type Role string

// The roles of a topology's hosts.
const (
	// Node is a Kubernetes node.
	Node Role = "node"
	// Leaf is a rack's switch: the nodes' default gateway.
	Leaf Role = "leaf"
	// Spine joins the leaves.
	Spine Role = "spine"
	// Client is a host outside the cluster.
	Client Role = "client"
	// Reflector is a route reflector outside the cluster: a host with a calico-node, and
	// without a kubelet, Felix and pods.
	Reflector Role = "reflector"
)

// Software says what speaks BGP on a leaf or spine, by the name of its driver
// (package router/drivers).
type Software string

// DefaultSoftware is what a router runs unless it is told otherwise.
const DefaultSoftware Software = "frr"

// Topology is a fabric with its hosts, links and addresses. It is the only place
// where an address is written.
type Topology struct {
	Name        string
	Description string
	// Pods is the cluster's pod network, Services its cluster IPs.
	Pods, Services Networks
	// ExternalIPs and LoadBalancerIPs are what services get addresses from that the
	// world outside knows; empty where the topology has no such range.
	ExternalIPs, LoadBalancerIPs Networks
	Management                   Management
	Hosts                        []Host
	Links                        []Link
	// Warnings are the loader's remarks on a topology that it accepted.
	Warnings []string

	source source
}

// Management is the network by which nodes reach the Kubernetes API server, as
// Docker's network is under kind. No cluster traffic passes it.
type Management struct {
	Prefix netip.Prefix
	// Control is the API server's address.
	Control netip.Addr
}

// Host is a node, a switch or a client.
type Host struct {
	Name string
	Role Role
	// Rack is empty for hosts outside the racks.
	Rack string
	// AS is 0 for a host that speaks no BGP.
	AS uint32
	// RouterID is the host's BGP identifier; the loader sets it to the host's
	// first address where the file does not.
	RouterID netip.Addr
	// Software is what a leaf or spine runs; empty for other hosts.
	Software Software
	// DefaultOriginate are the neighbours that a leaf or spine announces the default route
	// to, by name (`default-originate`).
	DefaultOriginate []string
	// GracefulShutdown: a leaf or spine is about to go (RFC 8326).
	GracefulShutdown bool
	// Management is the address in the management network of a host with a calico-node.
	Management netip.Addr
	// Gateways are the next hops of the host's default route (several: ECMP).
	Gateways []netip.Addr
	// Interfaces are the host's ends of links, in the order of the links.
	Interfaces []Interface
}

// Interface is one host's end of a link.
type Interface struct {
	Host string
	Name string
	// Addresses are the interface's addresses with their links' prefix lengths, at most
	// one of a family.
	Addresses []netip.Prefix
	// Link is the link's name.
	Link string
}

// Link joins two interfaces, or, with Bridge, any number of them.
type Link struct {
	Name     string
	Prefixes Networks
	Bridge   bool
	// MTU is in bytes; the loader sets 1500 where the file does not.
	MTU  int
	Ends []Interface
}
