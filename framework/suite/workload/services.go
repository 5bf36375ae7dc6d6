package workload

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/suite"
)

// servicePort is a service's port unless its options name another.
const servicePort = 80

// ServiceOptions are what a service is to be. The zero value is a service of type
// ClusterIP for the workload that every lab has.
type ServiceOptions struct {
	// Deployment has the pods behind the service; nil: the workload, which has a pod
	// on each node.
	Deployment *Deployment
	// Selector selects the pods in place of Deployment. One that is empty and not nil
	// selects none and leaves the service's EndpointSlices to the spec.
	Selector map[string]string
	// Type is ClusterIP unless it is set.
	Type corev1.ServiceType
	// Local is externalTrafficPolicy Local, which Kubernetes allows for services that
	// can be reached from outside.
	Local bool
	// ClusterIP is the first one that is free unless it is set.
	ClusterIP   netip.Addr
	ExternalIPs []netip.Addr
	// LoadBalancerIPs are put into the service's status, as a cloud does.
	LoadBalancerIPs []netip.Addr
	// Port is 80 unless it is set.
	Port uint16
	// NodePort is one of Kubernetes' choice unless it is set.
	NodePort uint16
}

// Service is a service of a lab, as it was last written or read.
type Service struct {
	lab    *suite.Lab
	object *corev1.Service

	// ClusterIP and Port are where pods and nodes find it.
	ClusterIP netip.Addr
	Port      uint16
	// NodePort is the port on every node; 0 if its type has none.
	NodePort uint16
}

// NewService makes a service that lasts until the spec ends.
func NewService(ctx context.Context, l *suite.Lab, options ServiceOptions) *Service {
	ginkgo.GinkgoHelper()
	s := &Service{lab: l, object: serviceOf(options, workload(ctx, l))}
	l.SettleAfter()
	gomega.Expect(l.Client.Resources().Create(ctx, s.object)).To(gomega.Succeed(), "create a service")
	l.DeleteFirst(s.Delete)
	if len(options.LoadBalancerIPs) > 0 {
		s.waitForSlices(ctx)
		s.setLoadBalancerIPs(ctx, options.LoadBalancerIPs...)
		s.touch(ctx)
	}
	s.read()
	return s
}

// NewServices makes many services alike, side by side.
func NewServices(ctx context.Context, l *suite.Lab, number int, options ServiceOptions) []*Service {
	ginkgo.GinkgoHelper()
	workload := workload(ctx, l)
	made := make([]*Service, number)
	for i := range made {
		made[i] = &Service{lab: l, object: serviceOf(options, workload)}
	}
	l.DeleteFirst(func(ctx context.Context) { DeleteServices(ctx, l, made) })
	gomega.Expect(each(made, func(s *Service) error { return l.Client.Resources().Create(ctx, s.object) })).To(gomega.Succeed(), "create %d services", number)
	for _, s := range made {
		s.read()
	}
	return made
}

// DeleteServices deletes services side by side and waits until their
// EndpointSlices are gone. Those that are gone already are no error.
func DeleteServices(ctx context.Context, l *suite.Lab, services []*Service) {
	ginkgo.GinkgoHelper()
	err := each(services, func(s *Service) error {
		if s.Name() == "" {
			return nil // it was never made
		}
		if err := l.Client.Resources().Delete(ctx, s.object); !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete %d services", len(services))
	err = waitFor(ctx, func(ctx context.Context) (bool, error) {
		left := 0
		for _, s := range services {
			list, err := s.slices(ctx)
			if err != nil {
				return false, err
			}
			left += len(list)
		}
		return left == 0, nil
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait for the EndpointSlices of %d services to be gone", len(services))
}

// each does something with several services side by side.
func each(services []*Service, do func(*Service) error) error {
	var tasks errgroup.Group
	for _, s := range services {
		tasks.Go(func() error { return do(s) })
	}
	return tasks.Wait()
}

// serviceOf is a service for pods of the workload's kind.
func serviceOf(options ServiceOptions, workload corev1.PodTemplateSpec) *corev1.Service {
	port := corev1.ServicePort{Name: "http", Protocol: corev1.ProtocolTCP, Port: servicePort, TargetPort: intstr.FromInt32(workload.Spec.Containers[0].Ports[0].ContainerPort)}
	if options.Port != 0 {
		port.Port = int32(options.Port)
	}
	port.NodePort = int32(options.NodePort)
	spec := corev1.ServiceSpec{Type: options.Type, Selector: options.Selector, Ports: []corev1.ServicePort{port}, ExternalIPs: texts(options.ExternalIPs)}
	switch {
	case options.Selector != nil:
	case options.Deployment != nil:
		spec.Selector = options.Deployment.Selector()
	default:
		spec.Selector = workload.Labels
	}
	if options.Local {
		spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	if options.ClusterIP.IsValid() {
		spec.ClusterIP = options.ClusterIP.String()
	}
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{GenerateName: "service-", Namespace: fixtures.WorkloadNamespace}, Spec: spec}
}

func texts(addresses []netip.Addr) []string {
	var list []string
	for _, address := range addresses {
		list = append(list, address.String())
	}
	return list
}

// read takes over what Kubernetes has chosen.
func (s *Service) read() {
	ginkgo.GinkgoHelper()
	var err error
	s.ClusterIP, err = netip.ParseAddr(s.object.Spec.ClusterIP)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "read the cluster IP of service %s", s.Name())
	port := s.object.Spec.Ports[0]
	s.Port, s.NodePort = uint16(port.Port), uint16(port.NodePort)
}

// Name is the service's name.
func (s *Service) Name() string { return s.object.Name }

// Addr is where one of the service's addresses (cluster IP, external IP,
// LoadBalancer IP) answers.
func (s *Service) Addr(address netip.Addr) netip.AddrPort { return netip.AddrPortFrom(address, s.Port) }

// NodeAddr is where the service answers at a node's address.
func (s *Service) NodeAddr(node netip.Addr) netip.AddrPort {
	ginkgo.GinkgoHelper()
	gomega.Expect(s.NodePort).NotTo(gomega.BeZero(), "service %s of type %s has no node port", s.Name(), s.object.Spec.Type)
	return netip.AddrPortFrom(node, s.NodePort)
}

// Update changes the service.
func (s *Service) Update(ctx context.Context, change func(*corev1.Service)) {
	ginkgo.GinkgoHelper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := s.lab.Client.Resources().Get(ctx, s.object.Name, s.object.Namespace, s.object); err != nil {
			return err
		}
		change(s.object)
		return s.lab.Client.Resources().Update(ctx, s.object)
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "change service %s", s.Name())
	s.read()
}

// setLoadBalancerIPs sets the addresses in the status of a service of type
// LoadBalancer, as a cloud's controller does.
func (s *Service) setLoadBalancerIPs(ctx context.Context, addresses ...netip.Addr) {
	ginkgo.GinkgoHelper()
	ingress := []map[string]string{}
	for _, address := range addresses {
		ingress = append(ingress, map[string]string{"ip": address.String()})
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": ingress}}})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(s.lab.Client.Resources().PatchStatus(ctx, s.object, k8s.Patch{PatchType: types.MergePatchType, Data: patch})).
		To(gomega.Succeed(), "give service %s the LoadBalancer IPs %v", s.Name(), addresses)
	gomega.Expect(s.object.Status.LoadBalancer.Ingress).To(gomega.HaveLen(len(addresses)),
		"service %s of type %s has no LoadBalancer IPs: make it one of type LoadBalancer", s.Name(), s.object.Spec.Type)
}

// touched is the annotation of a service that was touched.
const touched = "rackproof/touched"

// touch changes a part of the service that has no effect. When an address and an
// EndpointSlice come to a node at once Calico may lose the address: its confd has one
// routine for services and one for slices, each of which reads the service before it takes
// the lock under which it announces, so that an announcement of what was read before comes
// last (setRouteForSvc in confd/pkg/backends/calico/routes.go). A later change has it read
// again: by then the routine that was late has the lock, for Go's mutexes go to who has
// waited for a millisecond. It was seen twice, on kind, where a node may hear of a slice
// long after it is there.
func (s *Service) touch(ctx context.Context) {
	ginkgo.GinkgoHelper()
	s.Update(ctx, func(service *corev1.Service) { metav1.SetMetaDataAnnotation(&service.ObjectMeta, touched, "") })
}

// waitForSlices waits until a service that selects pods has its first EndpointSlice: a
// cloud gives a service its address later than that.
func (s *Service) waitForSlices(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if len(s.object.Spec.Selector) == 0 {
		return // whoever made it makes them
	}
	err := waitFor(ctx, func(ctx context.Context) (bool, error) {
		list, err := s.slices(ctx)
		return len(list) > 0, err
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait for an EndpointSlice of service %s", s.Name())
}

func (s *Service) slices(ctx context.Context) ([]discoveryv1.EndpointSlice, error) {
	var list discoveryv1.EndpointSliceList
	selector := fmt.Sprintf("%s=%s", discoveryv1.LabelServiceName, s.Name())
	err := s.lab.Client.Resources(s.object.Namespace).List(ctx, &list, resources.WithLabelSelector(selector))
	return list.Items, err
}

// Delete deletes the service and waits until its EndpointSlices are gone. One that
// is gone already is no error.
func (s *Service) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	err := s.lab.Client.Resources().Delete(ctx, s.object)
	if apierrors.IsNotFound(err) {
		err = nil
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete service %s", s.Name())
	err = waitFor(ctx, func(ctx context.Context) (bool, error) {
		list, err := s.slices(ctx)
		return len(list) == 0, err
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait for the EndpointSlices of service %s to be gone", s.Name())
}
