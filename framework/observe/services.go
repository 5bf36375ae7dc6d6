package observe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// services reads the cluster's services with their addresses and endpoints of some
// families.
func services(ctx context.Context, client kubernetes.Interface, families []route.Family) ([]oracle.Service, error) {
	found, err := client.DiscoveryV1().EndpointSlices(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the endpoint slices: %w", err)
	}
	type name struct{ namespace, service string }
	endpoints := map[name][]oracle.Endpoint{}
	for _, slice := range found.Items {
		of := func(f route.Family) bool { return f.String() == string(slice.AddressType) }
		if !slices.ContainsFunc(families, of) {
			continue
		}
		service := name{slice.Namespace, slice.Labels[discoveryv1.LabelServiceName]}
		for _, e := range slice.Endpoints {
			// Unknown counts as ready (EndpointConditions in the API).
			endpoint := oracle.Endpoint{Ready: e.Conditions.Ready == nil || *e.Conditions.Ready}
			if e.NodeName != nil {
				endpoint.Node = *e.NodeName
			}
			endpoints[service] = append(endpoints[service], endpoint)
		}
	}
	listed, err := client.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	var all []oracle.Service
	for _, s := range listed.Items {
		service := oracle.Service{
			Namespace: s.Namespace, Name: s.Name, Type: s.Spec.Type,
			Local:     s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
			Endpoints: endpoints[name{s.Namespace, s.Name}],
		}
		service.ClusterIPs = addresses(s.Spec.ClusterIPs, families)
		service.ExternalIPs = addresses(s.Spec.ExternalIPs, families)
		for _, ingress := range s.Status.LoadBalancer.Ingress {
			service.LoadBalancerIPs = append(service.LoadBalancerIPs, addresses([]string{ingress.IP}, families)...)
		}
		all = append(all, service)
	}
	return all, nil
}

// addresses are the addresses of some families of a list in which `None` and an empty
// text stand too. The API server lets nothing else in.
func addresses(texts []string, families []route.Family) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil && slices.Contains(families, route.FamilyOf(address)) {
			all = append(all, address)
		}
	}
	return all
}
