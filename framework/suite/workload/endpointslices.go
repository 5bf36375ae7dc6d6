package workload

import (
	"cmp"
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
)

// NewEndpointSlice gives a service without a selector one more EndpointSlice, with
// pods that count as ready, until the spec ends. lab.Client changes it.
func (s *Service) NewEndpointSlice(ctx context.Context, pods ...Pod) *discoveryv1.EndpointSlice {
	ginkgo.GinkgoHelper()
	gomega.Expect(s.object.Spec.Selector).To(gomega.BeEmpty(), "Kubernetes makes the EndpointSlices of service %s: give it an empty Selector", s.Name())
	slice := endpointSliceOf(s.object, pods)
	gomega.Expect(s.lab.Client.Resources().Create(ctx, slice)).To(gomega.Succeed(), "create an EndpointSlice of service %s", s.Name())
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if err := s.lab.Client.Resources().Delete(ctx, slice); !apierrors.IsNotFound(err) {
			gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete EndpointSlice %s", slice.Name)
		}
	})
	return slice
}

// EndpointNodes names the nodes of the endpoints that the service's EndpointSlices list,
// whether ready or not, one name for each endpoint.
func (s *Service) EndpointNodes(ctx context.Context) ([]string, error) {
	var slices discoveryv1.EndpointSliceList
	if err := s.lab.Client.Resources(s.object.Namespace).List(ctx, &slices, resources.WithLabelSelector(discoveryv1.LabelServiceName+"="+s.object.Name)); err != nil {
		return nil, fmt.Errorf("list the EndpointSlices of service %s: %w", s.Name(), err)
	}
	var nodes []string
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			nodes = append(nodes, *cmp.Or(endpoint.NodeName, new(string)))
		}
	}
	return nodes, nil
}

func endpointSliceOf(service *corev1.Service, pods []Pod) *discoveryv1.EndpointSlice {
	port := service.Spec.Ports[0]
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: service.Name + "-", Namespace: service.Namespace,
			Labels: map[string]string{discoveryv1.LabelServiceName: service.Name, discoveryv1.LabelManagedBy: "rackproof"},
			// It goes with its service, as one that Kubernetes has made.
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(service, corev1.SchemeGroupVersion.WithKind("Service"))},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &port.Name, Protocol: &port.Protocol, Port: new(port.TargetPort.IntVal)}},
	}
	for _, pod := range pods {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{pod.Address.Addr().String()}, NodeName: new(pod.Node),
			Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
		})
	}
	return slice
}
