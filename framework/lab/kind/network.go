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
	taken := slices.Concat(t.Pods, t.Services, t.ExternalIPs, t.LoadBalancerIPs)
	for _, link := range t.Links {
		taken = append(taken, link.Prefixes...)
	}
	var list []netip.Prefix
	for prefix := t.Management.Prefix.Masked(); len(list) < managementCandidates && prefix.IsValid(); prefix = following(prefix) {
		if !slices.ContainsFunc(taken, func(other netip.Prefix) bool { return other.Overlaps(prefix) }) {
			list = append(list, prefix)
		}
	}
	return list
}

// following is the prefix of the same length after another; invalid after the last.
func following(prefix netip.Prefix) netip.Prefix {
	octets := prefix.Masked().Addr().AsSlice()
	last := (prefix.Bits() - 1) / 8
	step := byte(1) << (8*(last+1) - prefix.Bits())
	for i := last; i >= 0; i, step = i-1, 1 {
		if octets[i] += step; octets[i] >= step {
			address, _ := netip.AddrFromSlice(octets) // as many as they were
			return netip.PrefixFrom(address, prefix.Bits())
		}
	}
	return netip.Prefix{}
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
