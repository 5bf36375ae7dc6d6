package calico

import v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

// Encapsulation says how packets to a pool's addresses travel between nodes.
type Encapsulation string

// The encapsulations of an IP pool. CrossSubnet ones encapsulate only between
// nodes of different subnets.
const (
	NoEncapsulation  Encapsulation = "none"
	IPIP             Encapsulation = "IPIP"
	IPIPCrossSubnet  Encapsulation = "IPIP CrossSubnet"
	VXLAN            Encapsulation = "VXLAN"
	VXLANCrossSubnet Encapsulation = "VXLAN CrossSubnet"
)

// EncapsulationOf reads a pool's ipipMode and vxlanMode. A pool can have one of
// them only; a mode that sets both is not loaded.
func EncapsulationOf(pool v3.IPPool) Encapsulation {
	switch pool.Spec.IPIPMode {
	case v3.IPIPModeAlways:
		return IPIP
	case v3.IPIPModeCrossSubnet:
		return IPIPCrossSubnet
	}
	switch pool.Spec.VXLANMode {
	case v3.VXLANModeAlways:
		return VXLAN
	case v3.VXLANModeCrossSubnet:
		return VXLANCrossSubnet
	}
	return NoEncapsulation
}
