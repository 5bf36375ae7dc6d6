package topology

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/route"
)

// Networks are the prefixes of one network, at most one of a family.
type Networks []netip.Prefix

// First is the prefix of the network's first family; invalid for a network that is not
// there.
func (n Networks) First() netip.Prefix {
	if len(n) == 0 {
		return netip.Prefix{}
	}
	return n[0]
}

// Of is the network's prefix of a family; invalid if it has none.
func (n Networks) Of(family route.Family) netip.Prefix {
	for _, prefix := range n {
		if route.FamilyOf(prefix.Addr()) == family {
			return prefix
		}
	}
	return netip.Prefix{}
}

// Families are those of the network's prefixes.
func (n Networks) Families() []route.Family {
	families := make([]route.Family, 0, len(n))
	for _, prefix := range n {
		families = append(families, route.FamilyOf(prefix.Addr()))
	}
	return families
}

// Contains reports whether an address is in the network.
func (n Networks) Contains(address netip.Addr) bool {
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(address) })
}

// String lists the prefixes with commas between, as Kubernetes' options do.
func (n Networks) String() string {
	texts := make([]string, 0, len(n))
	for _, prefix := range n {
		texts = append(texts, prefix.String())
	}
	return strings.Join(texts, ",")
}
