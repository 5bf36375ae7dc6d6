package oracle

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/vtep"
)

// VTEPs are the far ends of the VXLAN that every node's kernel must know: those of all
// other nodes, whether they are alive or not, and in CrossSubnet mode those of the same
// subnet too (updateNeighborsAndAllowedSources in felix/dataplane/linux/vxlan_mgr.go).
// Those of flannel's VXLAN have the hardware addresses that the nodes have published.
// Without VXLAN there are none. Nodes that are gone have no table.
func (s State) VTEPs() (vtep.Tables, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	members := s.members()
	tables := vtep.Tables{}
	ofFlannel := s.Flannel != nil && s.Flannel.Backend == calico.FlannelVXLAN
	if !ofFlannel && !s.felix(members).encapsulation.ViaVXLAN() {
		return tables, nil
	}
	for _, node := range members {
		if node.Gone {
			continue
		}
		for _, other := range members {
			if other.Name == node.Name {
				continue
			}
			hardware := vtepHardwareAddress(other.Name)
			if ofFlannel {
				hardware = other.FlannelHardwareAddress
			}
			tables[node.Name] = append(tables[node.Name], vtep.VTEP{Tunnel: other.VXLANTunnel, HardwareAddress: hardware, Node: other.address})
		}
	}
	return tables, nil
}

// vtepHardwareAddress is the hardware address of a node's VXLAN device: the letter f and
// the first five octets of the SHA-1 of the node's name (vtepMACForHost in
// felix/calc/vxlan_resolver.go).
func vtepHardwareAddress(node string) string {
	sum := sha1.Sum([]byte(node))
	octets := []string{hex.EncodeToString([]byte("f"))}
	for _, octet := range sum[:5] {
		octets = append(octets, hex.EncodeToString([]byte{octet}))
	}
	return strings.Join(octets, ":")
}
