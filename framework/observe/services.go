package observe

import (
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/oracle"
)

// services reads the cluster's services with their IPv4 addresses and endpoints.
func services(ctx context.Context, client kubernetes.Interface) ([]oracle.Service, error) {
	slices, err := client.DiscoveryV1().EndpointSlices(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the endpoint slices: %w", err)
	}
	type name struct{ namespace, service string }
	endpoints := map[name][]oracle.Endpoint{}
	for _, slice := range slices.Items {
		if slice.AddressType != discoveryv1.AddressTypeIPv4 {
			continue
		}
		of := name{slice.Namespace, slice.Labels[discoveryv1.LabelServiceName]}
		for _, e := range slice.Endpoints {
			// Unknown counts as ready (EndpointConditions in the API).
			endpoint := oracle.Endpoint{Ready: e.Conditions.Ready == nil || *e.Conditions.Ready}
			if e.NodeName != nil {
				endpoint.Node = *e.NodeName
			}
			endpoints[of] = append(endpoints[of], endpoint)
		}
	}
	found, err := client.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	var all []oracle.Service
	for _, s := range found.Items {
		service := oracle.Service{
			Namespace: s.Namespace, Name: s.Name, Type: s.Spec.Type,
			Local:     s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
			Endpoints: endpoints[name{s.Namespace, s.Name}],
		}
		service.ClusterIPs = addresses(s.Spec.ClusterIPs)
		service.ExternalIPs = addresses(s.Spec.ExternalIPs)
		for _, ingress := range s.Status.LoadBalancer.Ingress {
			service.LoadBalancerIPs = append(service.LoadBalancerIPs, addresses([]string{ingress.IP})...)
		}
		all = append(all, service)
	}
	return all, nil
}

// addresses are the IPv4 addresses of a list in which `None`, an empty text and
// IPv6 addresses stand too. The API server lets nothing else in.
func addresses(texts []string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil && address.Is4() {
			all = append(all, address)
		}
	}
	return all
}
