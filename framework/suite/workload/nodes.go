package workload

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/e2e-framework/klient/k8s"

	"github.com/rackproof/rackproof/framework/suite"
)

// LabelNode sets a label of a node until the spec ends.
func LabelNode(ctx context.Context, l *suite.Lab, node, label, value string) {
	ginkgo.GinkgoHelper()
	keepLabel(ctx, l, node, label)
	gomega.Expect(l.Calico.LabelNode(ctx, node, label, &value)).To(gomega.Succeed())
}

// UnlabelNode removes a label of a node until the spec ends.
func UnlabelNode(ctx context.Context, l *suite.Lab, node, label string) {
	ginkgo.GinkgoHelper()
	keepLabel(ctx, l, node, label)
	gomega.Expect(l.Calico.LabelNode(ctx, node, label, nil)).To(gomega.Succeed())
}

// keepLabel gives a label back its value of now when the spec ends.
func keepLabel(ctx context.Context, l *suite.Lab, node, label string) {
	ginkgo.GinkgoHelper()
	var before *string
	if value, ok := kubernetesNode(ctx, l, node).Labels[label]; ok {
		before = &value
	}
	l.UndoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.LabelNode(ctx, node, label, before)).To(gomega.Succeed())
	})
}

// ExcludeFromLoadBalancers keeps a node from announcing services until the spec
// ends, or until UnlabelNode takes the label away.
func ExcludeFromLoadBalancers(ctx context.Context, l *suite.Lab, node string) {
	ginkgo.GinkgoHelper()
	// The one value that counts for Calico.
	LabelNode(ctx, l, node, corev1.LabelNodeExcludeBalancers, "true")
}

// Cordon keeps new pods from a node until the spec ends.
func Cordon(ctx context.Context, l *suite.Lab, node string) {
	ginkgo.GinkgoHelper()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { uncordon(ctx, l, node) })
	setUnschedulable(ctx, l, node, true)
}

// uncordon undoes Cordon.
func uncordon(ctx context.Context, l *suite.Lab, node string) {
	ginkgo.GinkgoHelper()
	setUnschedulable(ctx, l, node, false)
}

func setUnschedulable(ctx context.Context, l *suite.Lab, name string, unschedulable bool) {
	ginkgo.GinkgoHelper()
	patch := fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, unschedulable)
	node := kubernetesNode(ctx, l, name)
	gomega.Expect(l.Client.Resources().Patch(ctx, node, k8s.Patch{PatchType: types.MergePatchType, Data: patch})).
		To(gomega.Succeed(), "make node %s unschedulable: %t", name, unschedulable)
}

// DeleteNode deletes a Node object. register makes it again as it was, with Calico's
// settings; when the spec ends, that is done if it was not before.
func DeleteNode(ctx context.Context, l *suite.Lab, name string) (register func(context.Context)) {
	ginkgo.GinkgoHelper()
	node := kubernetesNode(ctx, l, name)
	again := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: node.Labels, Annotations: node.Annotations},
		Spec:       node.Spec,
	}
	register = func(ctx context.Context) {
		ginkgo.GinkgoHelper()
		err := l.Client.Resources().Create(ctx, again.DeepCopy())
		if !apierrors.IsAlreadyExists(err) {
			gomega.Expect(err).NotTo(gomega.HaveOccurred(), "register node %s", name)
		}
	}
	l.UndoAfter(register)
	gomega.Expect(l.Client.Resources().Delete(ctx, node)).To(gomega.Succeed(), "delete node %s", name)
	return register
}

func kubernetesNode(ctx context.Context, l *suite.Lab, name string) *corev1.Node {
	ginkgo.GinkgoHelper()
	var node corev1.Node
	gomega.Expect(l.Client.Resources().Get(ctx, name, "", &node)).To(gomega.Succeed(), "find node %s", name)
	return &node
}
