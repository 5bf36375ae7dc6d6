package calico

import (
	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KindNode is the kind of Calico's Node resource.
const KindNode = "Node"

// Node is Calico's Node resource (projectcalico.org/v3). Calico keeps the type in its
// main module (libcalico-go/lib/apis/v3/node.go), which this module stays free of; in
// the Kubernetes datastore the fields are annotations of the Kubernetes Node.
type Node struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              NodeSpec `json:"spec"`
	// Status has no effect: it is Calico's to write.
	Status *NodeStatus `json:"status,omitempty"`
}

// NodeSpec is a Calico Node's spec. Only BGP has an effect. The other fields are in
// what `calicoctl get node -o yaml` prints, and Calico writes them itself.
type NodeSpec struct {
	BGP *NodeBGPSpec `json:"bgp,omitempty"`

	IPv4VXLANTunnelAddr  string          `json:"ipv4VXLANTunnelAddr,omitempty"`
	VXLANTunnelMACAddr   string          `json:"vxlanTunnelMACAddr,omitempty"`
	IPv6VXLANTunnelAddr  string          `json:"ipv6VXLANTunnelAddr,omitempty"`
	VXLANTunnelMACAddrV6 string          `json:"vxlanTunnelMACAddrV6,omitempty"`
	OrchRefs             []OrchRef       `json:"orchRefs,omitempty"`
	Wireguard            *NodeWireguard  `json:"wireguard,omitempty"`
	Addresses            []NodeAddress   `json:"addresses,omitempty"`
	Interfaces           []NodeInterface `json:"interfaces,omitempty"`
}

// NodeBGPSpec has a node's own BGP settings.
type NodeBGPSpec struct {
	// ASNumber overrides BGPConfiguration.spec.asNumber for this node.
	ASNumber *numorstring.ASNumber `json:"asNumber,omitempty"`
	// IPv4Address is the node's address with its subnet's prefix length.
	IPv4Address string `json:"ipv4Address,omitempty"`
	// RouteReflectorClusterID makes the node a route reflector.
	RouteReflectorClusterID string `json:"routeReflectorClusterID,omitempty"`

	// IPv6Address has no effect: labs have no IPv6.
	IPv6Address string `json:"ipv6Address,omitempty"`
	// IPv4IPIPTunnelAddr has no effect: Calico allots it.
	IPv4IPIPTunnelAddr string `json:"ipv4IPIPTunnelAddr,omitempty"`
}

// NodeAddress is an address that the node can be reached at.
type NodeAddress struct {
	Address string `json:"address"`
	Type    string `json:"type,omitempty"`
}

// NodeInterface is an interface of the node.
type NodeInterface struct {
	Name      string   `json:"name,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
}

// OrchRef is the node as an orchestrator knows it.
type OrchRef struct {
	NodeName     string `json:"nodeName,omitempty"`
	Orchestrator string `json:"orchestrator"`
}

// NodeWireguard has the addresses of the node's WireGuard interfaces.
type NodeWireguard struct {
	InterfaceIPv4Address string `json:"interfaceIPv4Address,omitempty"`
	InterfaceIPv6Address string `json:"interfaceIPv6Address,omitempty"`
}

// NodeStatus is what Calico writes about a node.
type NodeStatus struct {
	WireguardPublicKey   string   `json:"wireguardPublicKey,omitempty"`
	WireguardPublicKeyV6 string   `json:"wireguardPublicKeyV6,omitempty"`
	PodCIDRs             []string `json:"podCIDRs,omitempty"`
}

// ignored are the fields of the Node that are set and have no effect.
func (n Node) ignored() []string {
	bgp := NodeBGPSpec{}
	if n.Spec.BGP != nil {
		bgp = *n.Spec.BGP
	}
	var ignored []string
	for _, field := range []struct {
		path string
		set  bool
	}{
		{"spec.addresses", len(n.Spec.Addresses) > 0},
		{"spec.bgp.ipv6Address", bgp.IPv6Address != ""},
		{"spec.bgp.ipv4IPIPTunnelAddr", bgp.IPv4IPIPTunnelAddr != ""},
		{"spec.interfaces", len(n.Spec.Interfaces) > 0},
		{"spec.ipv4VXLANTunnelAddr", n.Spec.IPv4VXLANTunnelAddr != ""},
		{"spec.ipv6VXLANTunnelAddr", n.Spec.IPv6VXLANTunnelAddr != ""},
		{"spec.orchRefs", len(n.Spec.OrchRefs) > 0},
		{"spec.vxlanTunnelMACAddr", n.Spec.VXLANTunnelMACAddr != ""},
		{"spec.vxlanTunnelMACAddrV6", n.Spec.VXLANTunnelMACAddrV6 != ""},
		{"spec.wireguard", n.Spec.Wireguard != nil},
		{"status", n.Status != nil},
	} {
		if field.set {
			ignored = append(ignored, field.path)
		}
	}
	return ignored
}

// The annotations of a Kubernetes Node that are its Calico settings
// (libcalico-go, lib/backend/k8s/resources/node.go).
const (
	ASNumberAnnotation           = "projectcalico.org/ASNumber"
	IPv4AddressAnnotation        = "projectcalico.org/IPv4Address"
	ReflectorClusterIDAnnotation = "projectcalico.org/RouteReflectorClusterID"
	// The node's addresses on its tunnel devices, which Calico allots.
	IPIPTunnelAddressAnnotation  = "projectcalico.org/IPv4IPIPTunnelAddr"
	VXLANTunnelAddressAnnotation = "projectcalico.org/IPv4VXLANTunnelAddr"
)

// Annotations are the settings as Calico's Kubernetes datastore keeps them: on
// the Kubernetes Node of the same name (libcalico-go,
// lib/backend/k8s/resources/node.go). A setting without a value has no annotation.
func (n Node) Annotations() map[string]string {
	annotations := map[string]string{}
	if n.Spec.BGP == nil {
		return annotations
	}
	if n.Spec.BGP.ASNumber != nil {
		annotations[ASNumberAnnotation] = n.Spec.BGP.ASNumber.String()
	}
	if n.Spec.BGP.IPv4Address != "" {
		annotations[IPv4AddressAnnotation] = n.Spec.BGP.IPv4Address
	}
	if n.Spec.BGP.RouteReflectorClusterID != "" {
		annotations[ReflectorClusterIDAnnotation] = n.Spec.BGP.RouteReflectorClusterID
	}
	return annotations
}
