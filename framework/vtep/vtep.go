// Package vtep has the word that oracle and observation share about the far ends of a
// VXLAN (VXLAN tunnel endpoints, RFC 7348, section 3). Like package route it is pure.
package vtep

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
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

// Tables are the far ends that several nodes know, by the node's name.
type Tables map[string][]VTEP

// Count is the number of far ends of all nodes.
func (t Tables) Count() int {
	count := 0
	for _, table := range t {
		count += len(table)
	}
	return count
}

// Compare lists what stands between expected and observed tables, node by node and one
// far end a line: `-` expected and not there, `+` there and not expected. It is empty if
// the tables agree.
func Compare(want, got Tables) string {
	nodes := map[string]bool{}
	for node := range want {
		nodes[node] = true
	}
	for node := range got {
		nodes[node] = true
	}
	var b strings.Builder
	for _, node := range slices.Sorted(maps.Keys(nodes)) {
		var lines []string
		for _, v := range without(want[node], got[node]) {
			lines = append(lines, "- missing     "+v)
		}
		for _, v := range without(got[node], want[node]) {
			lines = append(lines, "+ unexpected  "+v)
		}
		if len(lines) > 0 {
			fmt.Fprintf(&b, "%s:\n  %s\n", node, strings.Join(lines, "\n  "))
		}
	}
	return b.String()
}

// without describes the far ends of one table that another lacks, in order.
func without(table, other []VTEP) []string {
	var lacking []string
	for _, v := range table {
		if !slices.Contains(other, v) {
			lacking = append(lacking, v.String())
		}
	}
	slices.Sort(lacking)
	return lacking
}
