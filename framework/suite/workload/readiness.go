package workload

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/e2e-framework/klient/k8s"
)

// readyGate is the readiness gate of pods whose readiness a spec decides on: a pod is
// ready if its containers are and every gate of its is a true condition
// (kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#pod-readiness-gate).
const readyGate corev1.PodConditionType = "rackproof/ready"

// Gated makes pods that run and are not ready until SetReady says so.
func Gated() DeploymentOption {
	return func(template *corev1.PodTemplateSpec) {
		template.Spec.ReadinessGates = append(template.Spec.ReadinessGates, corev1.PodReadinessGate{ConditionType: readyGate})
	}
}

// SetReady makes a pod ready or not ready, and waits until it is. The pod has to be
// of a deployment that is Gated.
func (p Pod) SetReady(ctx context.Context, ready bool) {
	ginkgo.GinkgoHelper()
	gomega.Expect(p.object.Spec.ReadinessGates).To(gomega.ContainElement(corev1.PodReadinessGate{ConditionType: readyGate}),
		"pod %s is ready by itself: make its deployment with Gated()", p.PodName)
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []corev1.PodCondition{
		{Type: readyGate, Status: status, LastTransitionTime: metav1.Now()},
	}}})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	what := fmt.Sprintf("make pod %s ready: %t", p.PodName, ready)
	pod := p.object.DeepCopy()
	client := p.lab.Client.Resources()
	gomega.Expect(client.PatchStatus(ctx, pod, k8s.Patch{PatchType: types.StrategicMergePatchType, Data: patch})).To(gomega.Succeed(), what)
	err = waitFor(ctx, func(ctx context.Context) (bool, error) {
		err := client.Get(ctx, pod.Name, pod.Namespace, pod)
		is := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
		return is == ready, err
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), what)
}
