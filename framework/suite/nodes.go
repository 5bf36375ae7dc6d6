package suite

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/e2e-framework/klient/k8s"
)

// LabelNode sets a label of a node until the spec ends.
func (l *Lab) LabelNode(ctx context.Context, node, label, value string) {
	ginkgo.GinkgoHelper()
	l.keepLabel(ctx, node, label)
	gomega.Expect(l.Calico.LabelNode(ctx, node, label, &value)).To(gomega.Succeed())
}

// UnlabelNode removes a label of a node until the spec ends.
func (l *Lab) UnlabelNode(ctx context.Context, node, label string) {
	ginkgo.GinkgoHelper()
	l.keepLabel(ctx, node, label)
	gomega.Expect(l.Calico.LabelNode(ctx, node, label, nil)).To(gomega.Succeed())
}

// keepLabel gives a label back its value of now when the spec ends.
func (l *Lab) keepLabel(ctx context.Context, node, label string) {
	ginkgo.GinkgoHelper()
	var before *string
	if value, ok := l.kubernetesNode(ctx, node).Labels[label]; ok {
		before = &value
	}
	l.undoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.LabelNode(ctx, node, label, before)).To(gomega.Succeed())
	})
}

// ExcludeFromLoadBalancers keeps a node from announcing services until the spec
// ends, or until UnlabelNode takes the label away.
func (l *Lab) ExcludeFromLoadBalancers(ctx context.Context, node string) {
	ginkgo.GinkgoHelper()
	// The one value that counts for Calico.
	l.LabelNode(ctx, node, corev1.LabelNodeExcludeBalancers, "true")
}

// Cordon keeps new pods from a node until the spec ends.
func (l *Lab) Cordon(ctx context.Context, node string) {
	ginkgo.GinkgoHelper()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { l.Uncordon(ctx, node) })
	l.setUnschedulable(ctx, node, true)
}

// Uncordon undoes Cordon.
func (l *Lab) Uncordon(ctx context.Context, node string) {
	ginkgo.GinkgoHelper()
	l.setUnschedulable(ctx, node, false)
}

func (l *Lab) setUnschedulable(ctx context.Context, name string, unschedulable bool) {
	ginkgo.GinkgoHelper()
	patch := fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, unschedulable)
	node := l.kubernetesNode(ctx, name)
	gomega.Expect(l.Client.Resources().Patch(ctx, node, k8s.Patch{PatchType: types.MergePatchType, Data: patch})).
		To(gomega.Succeed(), "make node %s unschedulable: %t", name, unschedulable)
}

func (l *Lab) kubernetesNode(ctx context.Context, name string) *corev1.Node {
	ginkgo.GinkgoHelper()
	var node corev1.Node
	gomega.Expect(l.Client.Resources().Get(ctx, name, "", &node)).To(gomega.Succeed(), "find node %s", name)
	return &node
}
