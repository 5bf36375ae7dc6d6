package kind

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/rackproof/rackproof/framework/topology"
)

// managementCandidates is how many prefixes are tried for a management network.
const managementCandidates = 64

// makeNetwork makes a lab's management network in Docker: of the topology's prefix, or,
// where that is taken (by another lab of the same topology, say), of one that follows.
func makeNetwork(ctx context.Context, c *client.Client, lab string, t *topology.Topology) error {
	candidates := managementPrefixes(t)
	for _, prefix := range candidates {
		_, err := c.NetworkCreate(ctx, clusterName(lab), client.NetworkCreateOptions{
			Driver: "bridge",
			IPAM:   &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: prefix}}},
			// Nothing of a lab leaves its machine.
			Options: map[string]string{"com.docker.network.bridge.enable_ip_masquerade": "false"},
			Labels:  map[string]string{labLabel: lab},
		})
		switch {
		case err == nil:
			return nil
		case !strings.Contains(err.Error(), "overlap"): // the API has one status for many causes
			return fmt.Errorf("make Docker network %s of %s: %w", clusterName(lab), prefix, err)
		}
	}
	return fmt.Errorf("make Docker network %s: %s and the %d prefixes after it are taken: remove unused networks (`docker network prune`), or labs (`rackproof lab list`)",
		clusterName(lab), candidates[0], len(candidates)-1)
}

// managementPrefixes are what the management network can be, the topology's own first.
// None overlaps another network of the topology.
func managementPrefixes(t *topology.Topology) []netip.Prefix {
	taken := []netip.Prefix{t.Pods, t.Services, t.ExternalIPs, t.LoadBalancerIPs}
	for _, link := range t.Links {
		taken = append(taken, link.Prefix)
	}
	var list []netip.Prefix
	for prefix := t.Management.Prefix.Masked(); len(list) < managementCandidates && prefix.Addr().Is4(); prefix = following(prefix) {
		if !slices.ContainsFunc(taken, func(other netip.Prefix) bool { return other.IsValid() && other.Overlaps(prefix) }) {
			list = append(list, prefix)
		}
	}
	return list
}

// following is the prefix of the same length after another.
func following(prefix netip.Prefix) netip.Prefix {
	address := prefix.Addr().As4()
	number := uint32(address[0])<<24 | uint32(address[1])<<16 | uint32(address[2])<<8 | uint32(address[3])
	number += 1 << (32 - prefix.Bits())
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}), prefix.Bits())
}

// withManagement is a topology with the management network that Docker has made: its
// prefix, and the nodes' addresses in it.
func withManagement(t *topology.Topology, prefix netip.Prefix, addresses map[string]netip.Addr) *topology.Topology {
	changed := *t
	changed.Hosts = slices.Clone(t.Hosts)
	changed.Management.Prefix = prefix
	for i := range changed.Hosts {
		if address, ok := addresses[changed.Hosts[i].Name]; ok {
			changed.Hosts[i].Management = address
		}
	}
	changed.Management.Control = addresses[t.Nodes()[0].Name]
	return &changed
}
