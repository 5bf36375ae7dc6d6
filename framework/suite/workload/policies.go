package workload

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
)

// Policy is a NetworkPolicy that a spec has made.
type Policy struct {
	lab    *suite.Lab
	object *networkingv1.NetworkPolicy
}

// NewPolicy lets the pods of the workload take what some pods send, and nothing else of what
// comes from pods and from outside, until the spec ends. Without any pod they take nothing.
// Several policies allow what one of them allows.
func NewPolicy(ctx context.Context, l *suite.Lab, from ...Pod) Policy {
	ginkgo.GinkgoHelper()
	selector, err := metav1.ParseToLabelSelector(fixtures.WorkloadSelector)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	p := Policy{lab: l, object: &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-", Namespace: fixtures.WorkloadNamespace},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: *selector, PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}},
	}}
	for _, pod := range from {
		address := &networkingv1.IPBlock{CIDR: route.Single(pod.Address.Addr()).String()}
		p.object.Spec.Ingress = append(p.object.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{{IPBlock: address}}})
	}
	gomega.Expect(l.Client.Resources().Create(ctx, p.object)).To(gomega.Succeed(), "create a network policy")
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { p.Delete(ctx) })
	return p
}

// Delete deletes a policy before the spec ends.
func (p Policy) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if err := p.lab.Client.Resources().Delete(ctx, p.object); !apierrors.IsNotFound(err) {
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete network policy %s", p.object.Name)
	}
}
