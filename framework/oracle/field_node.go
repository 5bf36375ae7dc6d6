package oracle

import "github.com/rackproof/rackproof/framework/calico"

// nodeFields are those of Calico's Node. In the Kubernetes datastore they are annotations
// of the Kubernetes Node (calico.CheckAnnotations).
func nodeFields() []Field {
	t := table{kind: calico.KindNode}
	t.handled("the node's own AS number", "spec.bgp.asNumber")
	t.handled("the node's address with its subnet's length; another address than the node's first is refused", "spec.bgp.ipv4Address")
	t.handled("makes the node a route reflector; 0.0.0.0 is refused", "spec.bgp.routeReflectorClusterID")
	const warned = "a mode's value is left out of labs, with a warning; "
	t.noEffect(warned+"Calico allots it, and the oracle reads what it allotted", "spec.bgp.ipv4IPIPTunnelAddr", "spec.ipv4VXLANTunnelAddr")
	t.noEffect(warned+"Calico makes it from the node's name", "spec.vxlanTunnelMACAddr")
	t.noEffect(warned+"a living node with IPv6 is refused", "spec.bgp.ipv6Address", "spec.ipv6VXLANTunnelAddr", "spec.vxlanTunnelMACAddrV6")
	t.noEffect(warned+"a living node with WireGuard is refused", "spec.wireguard", "status")
	t.noEffect(warned+"Calico and Kubernetes write it, and nothing of BGP reads it", "spec.orchRefs", "spec.addresses", "spec.interfaces")
	return t.fields
}
