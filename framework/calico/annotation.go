package calico

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// annotationPrefix begins the annotations of a Kubernetes Node that are its Calico
// settings.
const annotationPrefix = "projectcalico.org/"

// The annotations of a Kubernetes Node in which calicoctl keeps what a Calico Node's
// metadata has beside that of Kubernetes, as JSON (libcalico-go,
// lib/backend/k8s/resources/resources.go).
const (
	LabelsAnnotation      = annotationPrefix + "labels"
	AnnotationsAnnotation = annotationPrefix + "annotations"
)

// MergedLabels are a node's labels as Calico's selectors see them: those of Kubernetes, and
// of Calico's own those whose names Kubernetes does not have (mergeCalicoAndK8sLabels in
// libcalico-go, lib/backend/k8s/resources/node.go).
func MergedLabels(kubernetes, annotations map[string]string) (map[string]string, error) {
	merged := map[string]string{}
	if own := annotations[LabelsAnnotation]; own != "" {
		if err := json.Unmarshal([]byte(own), &merged); err != nil {
			return nil, fmt.Errorf("annotation %s: %w", LabelsAnnotation, err)
		}
	}
	maps.Copy(merged, kubernetes)
	return merged, nil
}

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
		LabelsAnnotation, AnnotationsAnnotation, annotationPrefix + "VXLANTunnelMACAddr", annotationPrefix + "Interfaces", annotationPrefix + "kube-labels",
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
