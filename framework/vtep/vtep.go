// Package vtep has the word that oracle and observation share about the far ends of a
// VXLAN (VXLAN tunnel endpoints, RFC 7348, section 3). Like package route it is pure.
package vtep

import (
	"cmp"
	"fmt"
	"net/netip"
)

// VTEP is a far end of a VXLAN as a node's kernel knows it. The kernel has two tables for
// it: the neighbours of the tunnel's device lead from Tunnel to HardwareAddress, and the
// device's forwarding table from HardwareAddress to Node. A half that is missing leaves
// its address invalid.
type VTEP struct {
	// Tunnel is the address of the other node's tunnel device: a route's next hop.
	Tunnel netip.Addr
	// HardwareAddress is that device's, in the form of net.HardwareAddr.String.
	HardwareAddress string
	// Node is the address to which the outer packets go.
	Node netip.Addr
}

// String prints the far end on one line.
func (v VTEP) String() string {
	switch {
	case !v.Tunnel.IsValid():
		return fmt.Sprintf("%s by %s, and no permanent neighbour", v.HardwareAddress, v.Node)
	case !v.Node.IsValid():
		return fmt.Sprintf("%s at %s, and no forwarding entry", v.Tunnel, v.HardwareAddress)
	}
	return fmt.Sprintf("%s at %s by %s", v.Tunnel, v.HardwareAddress, v.Node)
}

// Compare orders far ends by tunnel address, hardware address and node.
func (v VTEP) Compare(o VTEP) int {
	return cmp.Or(v.Tunnel.Compare(o.Tunnel), cmp.Compare(v.HardwareAddress, o.HardwareAddress), v.Node.Compare(o.Node))
}

// Corresponds reports whether two far ends have the same hardware address, which is in
// both of the kernel's tables.
func (v VTEP) Corresponds(o VTEP) bool { return v.HardwareAddress == o.HardwareAddress }

// Tables are the far ends that several nodes know, by the node's name.
type Tables map[string][]VTEP
