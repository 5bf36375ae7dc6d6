package vyos

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/topology"
)

// nodeInterface is the name of nodes' interface to their leaf, as in the topologies
// that come with Rackproof.
const nodeInterface = "net0"

// node is a neighbour of leaves that is in no file.
type node struct {
	name string
	as   uint32
	// address has the prefix length of its leaf's interface.
	address netip.Prefix
	leaves  []*router
}

// findNodes finds the nodes, names them, and finds the racks.
func (i *importer) findNodes() {
	found := map[netip.Addr]*node{}
	for _, r := range i.routers {
		for _, n := range r.Router.Neighbors {
			i.findNode(r, n.Address, n.AS, found)
		}
	}
	i.nodes = slices.SortedFunc(maps.Values(found), func(a, b *node) int { return a.address.Addr().Compare(b.address.Addr()) })
	i.nameNodes()
	i.findRacks()
}

// findNode looks at a router's neighbour, which may be a node.
func (i *importer) findNode(r *router, address netip.Addr, as uint32, found map[netip.Addr]*node) {
	line := r.lines[address]
	port, onLink := r.port(func(p netip.Prefix) bool { return p.Contains(address) })
	other, known := i.owner(address)
	switch {
	case !onLink:
		i.rejectAt(r.Boot, line, "neighbor %s is on none of this router's links, and labs have BGP sessions on links alone: peer with the address of an interface", address)
	case known && !other.hasPort(port.Address.Masked()):
		i.rejectAt(r.Boot, line, "neighbor %s is in %s with another prefix length than on this router's %s: make them equal", address, other.File, port.Name)
	case known:
	case r.role == topology.Spine:
		i.rejectAt(r.Boot, line, "neighbor %s is in no file, and %s is a spine, as it has no neighbor of its own AS: add the file of a router, or name the neighbor if it is a node", address, r.name)
	default:
		n, ok := found[address]
		if !ok {
			n = &node{address: netip.PrefixFrom(address, port.Address.Bits()), as: as}
			found[address] = n
		}
		i.attachNode(r, n, port, as)
	}
}

// attachNode notes that a node is a neighbour of a leaf, and compares that with the
// node's other neighbours.
func (i *importer) attachNode(leaf *router, n *node, port Interface, as uint32) {
	address := n.address.Addr()
	line := leaf.lines[address]
	_, err := parseInterfaceAddress(n.address.String())
	switch {
	case err != nil:
		i.rejectAt(leaf.Boot, line, "neighbor %v", err)
	case n.as != as:
		i.rejectAt(leaf.Boot, line, "neighbor %s has remote-as %d here and %d in %s: make them equal", address, as, n.as, n.leaves[0].File)
	case n.address.Bits() != port.Address.Bits():
		i.rejectAt(leaf.Boot, line, "neighbor %s is in %s here and in %s in %s: make the prefix lengths equal", address, port.Address.Masked(), n.address.Masked(), n.leaves[0].File)
	}
	n.leaves = append(n.leaves, leaf)
}

func (b *Boot) hasPort(prefix netip.Prefix) bool {
	_, ok := b.port(func(p netip.Prefix) bool { return p.Masked() == prefix })
	return ok
}

// nameNodes names the nodes as the options have it, and the others by number.
func (i *importer) nameNodes() {
	taken := map[string]bool{}
	for _, r := range i.routers {
		taken[r.name] = true
	}
	left := maps.Clone(i.options.Nodes)
	for _, n := range i.nodes {
		name, ok := left[n.address.Addr()]
		if !ok {
			continue
		}
		delete(left, n.address.Addr())
		if err := topology.CheckName(name); err != nil {
			i.reject("node %s: %w", n.address.Addr(), err)
		}
		if taken[name] {
			i.reject("node %s: there is another host named %s: choose another name", n.address.Addr(), name)
		}
		n.name, taken[name] = name, true
	}
	for _, address := range slices.SortedFunc(maps.Keys(left), netip.Addr.Compare) {
		i.reject("node %s: no leaf has a neighbor %s that is in no file: correct the address", left[address], address)
	}
	number := 0
	for _, n := range i.nodes {
		for n.name == "" {
			if name := fmt.Sprintf("node%d", number); !taken[name] {
				n.name = name
				n.remarkAS()
			}
			number++
		}
	}
}

// remarkAS remarks that a node that nobody named is in another AS than its leaf: it
// may be a router.
func (n *node) remarkAS() {
	leaf, address := n.leaves[0], n.address.Addr()
	if n.as != leaf.Router.AS {
		leaf.remark(leaf.lines[address], "neighbor %s of AS %d is in no file and becomes node %s: if it is a router, add its file", address, n.as, n.name)
	}
}

// findRacks puts leaves that share a network with nodes into one rack, and every
// other leaf into one of its own.
func (i *importer) findRacks() {
	racks := map[netip.Prefix]string{}
	number := 0
	for _, r := range i.routers {
		if r.role != topology.Leaf {
			continue
		}
		var networks []netip.Prefix
		for _, n := range i.nodes {
			if slices.Contains(n.leaves, r) {
				networks = append(networks, n.address.Masked())
			}
		}
		for _, network := range networks {
			if r.rack == "" {
				r.rack = racks[network]
			}
		}
		if r.rack == "" {
			r.rack = fmt.Sprintf("rack%d", number)
			number++
		}
		for _, network := range networks {
			if racks[network] == "" {
				racks[network] = r.rack
			}
		}
	}
}
