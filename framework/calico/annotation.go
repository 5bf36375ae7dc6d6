package calico

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// annotationPrefix begins the annotations of a Kubernetes Node that are its Calico
// settings.
const annotationPrefix = "projectcalico.org/"

// CheckAnnotations refuses annotations of a Kubernetes Node by which Calico does what is
// not supported on it, and those that Calico v3.31 does not know (libcalico-go,
// lib/backend/k8s/resources/node.go).
func CheckAnnotations(annotations map[string]string) error {
	const (
		ipv6      = "IPv6 is not supported: give calico-node IP6=none"
		wireguard = "WireGuard is not supported: switch it off in the FelixConfiguration"
	)
	refused := map[string]string{
		"IPv6Address": ipv6, "IPv6VXLANTunnelAddr": ipv6, "VXLANTunnelMACAddrV6": ipv6,
		"IPv4WireguardInterfaceAddr": wireguard, "IPv6WireguardInterfaceAddr": wireguard, "WireguardPublicKey": wireguard, "WireguardPublicKeyV6": wireguard,
	}
	known := []string{
		ASNumberAnnotation, IPv4AddressAnnotation, ReflectorClusterIDAnnotation, IPIPTunnelAddressAnnotation, VXLANTunnelAddressAnnotation,
		annotationPrefix + "VXLANTunnelMACAddr", annotationPrefix + "Interfaces", annotationPrefix + "kube-labels",
	}
	var problems []error
	for _, annotation := range slices.Sorted(maps.Keys(annotations)) {
		name, calicos := strings.CutPrefix(annotation, annotationPrefix)
		reason, isRefused := refused[name]
		switch {
		case !calicos || annotations[annotation] == "" || slices.Contains(known, annotation):
		case isRefused:
			problems = append(problems, fmt.Errorf("annotation %s: %s", annotation, reason))
		default:
			problems = append(problems, fmt.Errorf("annotation %s: Calico v3.31 does not have it: remove it", annotation))
		}
	}
	return errors.Join(problems...)
}
