package cluster

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// podMTU is the MTU of pods' interfaces on a node: what the node's own interfaces
// carry less the mode's encapsulation, as Felix computes it (determinePodMTU) and
// leaves it in a file for the CNI plugin. Here the plugin is told, as pods do not wait
// for Felix.
func (c *Cluster) podMTU(host topology.Host) int {
	return PodMTU(c.config.Topology, c.config.Mode, host)
}

// PodMTU is the MTU of pods' interfaces on a node, in bytes.
func PodMTU(t *topology.Topology, m *calico.Mode, host topology.Host) int {
	mtu := maxPodMTU
	for _, port := range host.Interfaces {
		if link, ok := t.Link(port.Link); ok {
			if m.Flannel != nil {
				// Felix knows no tunnel but Calico's.
				mtu = min(mtu, link.MTU)
			}
			for _, pool := range m.Resources.IPPools {
				mtu = min(mtu, link.MTU-calico.EncapsulationOf(pool).Overhead())
			}
		}
	}
	return mtu
}

// fabricInterfaces is the pattern of the interfaces by which Felix finds out what
// packets may leave the node. By default that would be the management interface,
// for its name, and tunnels would be as narrow as that.
func fabricInterfaces(host topology.Host) string {
	return FabricInterfaces(host)
}

// FabricInterfaces is the pattern of the interfaces that nodes have in the fabric, for
// Felix's MTUIfacePattern.
func FabricInterfaces(nodes ...topology.Host) string {
	var names []string
	for _, host := range nodes {
		for _, port := range host.Interfaces {
			if name := regexp.QuoteMeta(port.Name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return "^(" + strings.Join(names, "|") + ")$"
}
