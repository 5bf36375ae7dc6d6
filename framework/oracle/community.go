package oracle

import (
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/rib"
	"github.com/rackproof/rackproof/framework/route"
)

// prefixCommunities are the communities that a node adds to what is inside a
// prefix.
type prefixCommunities struct {
	prefix      netip.Prefix
	communities []string
}

// advertisements are the prefix advertisements that hold for a node: its own
// BGPConfiguration's (`node.<name>`), which replace those for all nodes
// (apply_communities in bird.cfg.template).
func (s State) advertisements(node string) []prefixCommunities {
	global, _ := s.Resources.Configuration()
	chosen := global
	for _, c := range s.Resources.BGPConfigurations {
		if c.Name == "node."+node && c.Spec.PrefixAdvertisements != nil {
			chosen = c
		}
	}
	var all []prefixCommunities
	for _, a := range chosen.Spec.PrefixAdvertisements {
		prefix, err := netip.ParsePrefix(a.CIDR)
		if err != nil || !prefix.Addr().Is4() {
			continue // check refuses what is no prefix
		}
		entry := prefixCommunities{prefix: prefix.Masked()}
		for _, name := range a.Communities {
			entry.communities = append(entry.communities, communityValue(chosen.Spec.Communities, name))
		}
		all = append(all, entry)
	}
	return all
}

// communityValue looks a community's name up; what is no name is a value.
func communityValue(defined []v3.Community, name string) string {
	for _, c := range defined {
		if c.Name == name {
			return c.Value
		}
	}
	return name
}

// tag adds the communities that are for a prefix.
func tag(a attributes, prefix netip.Prefix, advertisements []prefixCommunities) attributes {
	for _, entry := range advertisements {
		if !route.Contains(entry.prefix, prefix) {
			continue
		}
		for _, c := range entry.communities {
			if !slices.Contains(a.communities, c) {
				a.communities = append(slices.Clip(a.communities), c)
			}
		}
	}
	slices.SortFunc(a.communities, rib.CompareCommunities)
	return a
}
