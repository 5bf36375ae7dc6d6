package calico

import (
	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kindNode is the kind of Calico's Node resource.
const kindNode = "Node"

// Node is Calico's Node resource (projectcalico.org/v3) with the fields that
// matter to BGP. Calico keeps the type in its main module, which this module
// stays free of; in the Kubernetes datastore the fields are annotations of the
// Kubernetes Node.
type Node struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              NodeSpec `json:"spec"`
}

// NodeSpec is the part of a Calico Node's spec that matters to BGP.
type NodeSpec struct {
	BGP *NodeBGPSpec `json:"bgp,omitempty"`
}

// NodeBGPSpec has a node's own BGP settings.
type NodeBGPSpec struct {
	// ASNumber overrides BGPConfiguration.spec.asNumber for this node.
	ASNumber *numorstring.ASNumber `json:"asNumber,omitempty"`
	// IPv4Address is the node's address with its subnet's prefix length.
	IPv4Address string `json:"ipv4Address,omitempty"`
	// RouteReflectorClusterID makes the node a route reflector.
	RouteReflectorClusterID string `json:"routeReflectorClusterID,omitempty"`
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
// lib/backend/k8s/resources/node.go). What is not set has no annotation.
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
