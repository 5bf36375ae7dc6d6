package oracle

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/path"
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
		prefix, _ := netip.ParsePrefix(a.CIDR) // check has parsed it
		entry := prefixCommunities{prefix: prefix}
		for _, name := range a.Communities {
			entry.communities = append(entry.communities, communityValue(chosen.Spec.Communities, name))
		}
		all = append(all, entry)
	}
	return all
}

// communityValue looks a community's name up; what has the form of a value is one
// (getPrefixAdvertisementsKVPair in confd's client.go).
func communityValue(defined []v3.Community, name string) string {
	if len(communityNumbers(name)) > 0 {
		return name
	}
	for _, c := range defined {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// communityNumbers are the numbers of a standard or large community; none if it is
// neither.
func communityNumbers(value string) []uint32 {
	parts := strings.Split(value, ":")
	bits := map[int]int{2: 16, 3: 32}[len(parts)]
	if bits == 0 {
		return nil
	}
	numbers := make([]uint32, 0, len(parts))
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, bits)
		if err != nil {
			return nil
		}
		numbers = append(numbers, uint32(n))
	}
	return numbers
}

// wellKnown is the first number of communities that tell routers what to do with a
// path (RFC 1997 and others).
const wellKnown = 65535

// checkCommunities refuses prefix advertisements that BIRD would not take, and
// communities that routers would obey.
func checkCommunities(c v3.BGPConfiguration) error {
	refused := func(path, format string, args ...any) error {
		return refuse(v3.KindBGPConfiguration, c.Name, path, "prefixAdvertisements: %w", fmt.Errorf(format, args...))
	}
	for i, a := range c.Spec.PrefixAdvertisements {
		path := fmt.Sprintf("spec.prefixAdvertisements[%d]", i)
		if _, err := parsePrefix(a.CIDR); err != nil {
			return refused(path+".cidr", "%w", err)
		}
		for _, name := range a.Communities {
			switch numbers := communityNumbers(communityValue(c.Spec.Communities, name)); {
			case len(numbers) == 0:
				return refused(path+".communities", "%q is neither a community nor the name of one: use one as in 65000:100 or 64512:1:2, or define it", name)
			case len(numbers) == 2 && numbers[0] == wellKnown:
				return refused(path+".communities", "%q is a well-known community, and what routers do with those is not supported: use another", name)
			}
		}
	}
	return nil
}

// tag adds the communities that are for a prefix.
func tag(a bgp.Attributes, prefix netip.Prefix, advertisements []prefixCommunities) bgp.Attributes {
	for _, entry := range advertisements {
		if !route.Contains(entry.prefix, prefix) {
			continue
		}
		for _, c := range entry.communities {
			if !slices.Contains(a.Communities, c) {
				a.Communities = append(slices.Clip(a.Communities), c)
			}
		}
	}
	slices.SortFunc(a.Communities, path.CompareCommunities)
	return a
}
