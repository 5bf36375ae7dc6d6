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

// ViaIPIP reports whether packets travel by IPIP, at least those across subnets.
func (e Encapsulation) ViaIPIP() bool { return e == IPIP || e == IPIPCrossSubnet }

// ViaVXLAN reports whether packets travel by VXLAN, at least those across subnets.
func (e Encapsulation) ViaVXLAN() bool { return e == VXLAN || e == VXLANCrossSubnet }

// CrossSubnet reports whether only packets to nodes of other subnets are encapsulated.
func (e Encapsulation) CrossSubnet() bool { return e == IPIPCrossSubnet || e == VXLANCrossSubnet }

// Overhead is what an encapsulation adds to a packet, in bytes
// (felix/dataplane/linux/int_dataplane.go).
func (e Encapsulation) Overhead() int {
	switch {
	case e.ViaIPIP():
		return 20
	case e.ViaVXLAN():
		return 50
	}
	return 0
}

// Device is the interface that encapsulates on every node, empty without
// encapsulation (felix/dataplane/linux/dataplanedefs).
func (e Encapsulation) Device() string {
	switch {
	case e.ViaIPIP():
		return "tunl0"
	case e.ViaVXLAN():
		return "vxlan.calico"
	}
	return ""
}

// TunnelAddressAnnotation is the annotation of a Kubernetes Node that has the
// node's own address on that interface (libcalico-go,
// lib/backend/k8s/resources/node.go), empty without encapsulation.
func (e Encapsulation) TunnelAddressAnnotation() string {
	switch {
	case e.ViaIPIP():
		return IPIPTunnelAddressAnnotation
	case e.ViaVXLAN():
		return VXLANTunnelAddressAnnotation
	}
	return ""
}
