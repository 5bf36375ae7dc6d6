package calico

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/topology"
)

// Calico's defaults.
const (
	// defaultAS is the AS number of a cluster without BGPConfiguration
	// (BGPConfiguration.spec.asNumber in Calico's API reference).
	defaultAS = 64512
	// defaultBlockSize is an IPv4 pool's block size (IPPool.spec.blockSize).
	defaultBlockSize = 26
	// defaultConfiguration is the name of the BGPConfiguration for all nodes, and of
	// the FelixConfiguration.
	defaultConfiguration = "default"
)

// NodePrefix begins the name of a BGPConfiguration or FelixConfiguration that is one
// node's; the node's name follows.
const NodePrefix = "node."

// Configuration finds the BGPConfiguration that holds for all nodes, the one
// named default.
func (r Resources) Configuration() (v3.BGPConfiguration, bool) {
	i := slices.IndexFunc(r.BGPConfigurations, func(c v3.BGPConfiguration) bool { return c.Name == defaultConfiguration })
	if i < 0 {
		return v3.BGPConfiguration{}, false
	}
	return r.BGPConfigurations[i], true
}

// FelixConfiguration finds the FelixConfiguration that holds for all nodes, the one
// named default.
func (r Resources) FelixConfiguration() (v3.FelixConfiguration, bool) {
	i := slices.IndexFunc(r.FelixConfigurations, func(c v3.FelixConfiguration) bool { return c.Name == defaultConfiguration })
	if i < 0 {
		return v3.FelixConfiguration{}, false
	}
	return r.FelixConfigurations[i], true
}

// MeshEnabled reports whether the nodes peer with each other without being told; Calico
// does so by default.
func (r Resources) MeshEnabled() bool {
	configuration, _ := r.Configuration()
	return configuration.Spec.NodeToNodeMeshEnabled == nil || *configuration.Spec.NodeToNodeMeshEnabled
}

// DefaultAS is the AS number of the nodes that have none of their own.
func (r Resources) DefaultAS() uint32 {
	configuration, _ := r.Configuration()
	if configuration.Spec.ASNumber == nil {
		return defaultAS
	}
	return uint32(*configuration.Spec.ASNumber)
}

// NodeAS is the AS number of the node of that name: its own, or the default.
func (r Resources) NodeAS(name string) uint32 {
	if node, ok := r.Node(name); ok && node.Spec.BGP != nil && node.Spec.BGP.ASNumber != nil {
		return uint32(*node.Spec.BGP.ASNumber)
	}
	return r.DefaultAS()
}

// Node finds a node's resource. Nodes that need no settings of their own have
// none.
func (r Resources) Node(name string) (Node, bool) {
	i := slices.IndexFunc(r.Nodes, func(n Node) bool { return n.Name == name })
	if i < 0 {
		return Node{}, false
	}
	return r.Nodes[i], true
}

// NodeLabels are the labels that a lab gives the Kubernetes Node of a host, and
// that Calico's node selectors see: the kubelet's well-known ones, the host's
// rack, and over these the labels of the node's resource. A reflector outside the cluster
// has no kubelet to set the operating system, by which DaemonSets choose nodes.
func (r Resources) NodeLabels(host topology.Host) map[string]string {
	labels := map[string]string{
		"kubernetes.io/hostname": host.Name,
		"kubernetes.io/os":       "linux",
		"rack":                   host.Rack,
	}
	if host.Role == topology.Reflector {
		labels = map[string]string{}
	}
	if node, ok := r.Node(host.Name); ok {
		maps.Copy(labels, node.Labels)
	}
	return labels
}

// Pool finds the IP pool that an address belongs to. Disabled pools count: Calico
// assigns nothing from them but still routes them.
func (r Resources) Pool(address netip.Addr) (v3.IPPool, bool) {
	for _, pool := range r.IPPools {
		if cidr, err := netip.ParsePrefix(pool.Spec.CIDR); err == nil && cidr.Contains(address) {
			return pool, true
		}
	}
	return v3.IPPool{}, false
}

// BlockSize is the prefix length of the blocks that Calico's IPAM cuts an IPv4
// pool into.
func BlockSize(pool v3.IPPool) int {
	if pool.Spec.BlockSize == 0 {
		return defaultBlockSize
	}
	return pool.Spec.BlockSize
}

// PeersWith reports whether a BGPPeer applies to the node with that name and labels: it
// is named, selected, or the peer is a global one that says neither (BGPPeer.spec.node
// and nodeSelector in Calico's API reference).
func PeersWith(peer v3.BGPPeer, node string, labels map[string]string) (bool, error) {
	switch {
	case peer.Spec.Node != "":
		return peer.Spec.Node == node, nil
	case peer.Spec.NodeSelector != "":
		selector, err := ParseSelector(peer.Spec.NodeSelector)
		if err != nil {
			return false, fmt.Errorf("BGPPeer %s: nodeSelector: %w", peer.Name, err)
		}
		return selector.Matches(labels), nil
	}
	return true, nil
}
