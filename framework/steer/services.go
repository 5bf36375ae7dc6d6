package steer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

const (
	// servicePort is that of the services that are made. Nobody connects to it.
	servicePort = 80
	// manager owns the EndpointSlices of the services that are made.
	manager = "rackproof"
	// touched is the annotation by which a service changes once more.
	touched = "rackproof/touched"
	// endpointNumber is beyond the addresses that a node's pods have in their block.
	endpointNumber = 40
)

// services makes and deletes services. Calico takes a service of the same name as one that
// it has forgotten too late for the old one: a service that changes is refused.
func services(ctx context.Context, client kubernetes.Interface, now, wanted oracle.State) error {
	find := func(in []oracle.Service, s oracle.Service) int {
		return slices.IndexFunc(in, func(o oracle.Service) bool { return o.Namespace == s.Namespace && o.Name == s.Name })
	}
	var errs []error
	for _, s := range now.Services {
		if find(wanted.Services, s) < 0 {
			err := client.CoreV1().Services(s.Namespace).Delete(ctx, s.Name, metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				errs = append(errs, fmt.Errorf("delete service %s: %w", s.Name, err))
			}
		}
	}
	for _, s := range wanted.Services {
		i := find(now.Services, s)
		if i >= 0 && !reflect.DeepEqual(now.Services[i].ClusterIPs, s.ClusterIPs) {
			errs = append(errs, fmt.Errorf("change service %s: it is there already, with another address (use another name)", s.Name))
		}
		if i < 0 {
			errs = append(errs, makeService(ctx, client, wanted, s))
		}
	}
	return errors.Join(errs...)
}

// makeService makes a service without a selector and its endpoints, and gives it its
// LoadBalancer IPs as a cloud does: when the endpoints are there. It changes the service
// once more then, as Calico may have read it before (docs/known-issues.md).
func makeService(ctx context.Context, client kubernetes.Interface, state oracle.State, s oracle.Service) error {
	object := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name},
		Spec:       corev1.ServiceSpec{Type: s.Type, Ports: []corev1.ServicePort{{Name: "http", Port: servicePort}}},
	}
	for _, address := range s.ClusterIPs {
		object.Spec.ClusterIP = address.String()
	}
	for _, address := range s.ExternalIPs {
		object.Spec.ExternalIPs = append(object.Spec.ExternalIPs, address.String())
	}
	if s.Local {
		object.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	made, err := client.CoreV1().Services(s.Namespace).Create(ctx, object, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create service %s: %w", s.Name, err)
	}
	if _, err := client.DiscoveryV1().EndpointSlices(s.Namespace).Create(ctx, slice(state, made, s.Endpoints), metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create the EndpointSlice of service %s: %w", s.Name, err)
	}
	if len(s.LoadBalancerIPs) == 0 {
		return nil
	}
	for _, address := range s.LoadBalancerIPs {
		made.Status.LoadBalancer.Ingress = append(made.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: address.String()})
	}
	if made, err = client.CoreV1().Services(s.Namespace).UpdateStatus(ctx, made, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("give service %s its LoadBalancer IPs: %w", s.Name, err)
	}
	made.Annotations = map[string]string{touched: "yes"}
	if _, err := client.CoreV1().Services(s.Namespace).Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("change service %s once more: %w", s.Name, err)
	}
	return nil
}

// slice is the EndpointSlice of a service. Its endpoints are addresses without pods, in the
// blocks of their nodes.
func slice(state oracle.State, service *corev1.Service, endpoints []oracle.Endpoint) *discoveryv1.EndpointSlice {
	port := service.Spec.Ports[0]
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: service.Namespace, Name: service.Name,
			Labels: map[string]string{discoveryv1.LabelServiceName: service.Name, discoveryv1.LabelManagedBy: manager},
			// It goes with its service.
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(service, corev1.SchemeGroupVersion.WithKind("Service"))},
		},
		AddressType: discoveryv1.AddressType(route.FamilyOf(state.Topology.Pods.First().Addr()).String()),
		Ports:       []discoveryv1.EndpointPort{{Name: &port.Name, Protocol: new(corev1.ProtocolTCP), Port: new(port.Port)}},
	}
	for i, endpoint := range endpoints {
		blocks := state.Blocks(endpoint.Node)
		if len(blocks) == 0 {
			continue
		}
		address := blocks[0].Addr()
		for range endpointNumber + i {
			address = address.Next()
		}
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{address.String()}, NodeName: new(endpoint.Node),
			Conditions: discoveryv1.EndpointConditions{Ready: new(endpoint.Ready)},
		})
	}
	return slice
}
