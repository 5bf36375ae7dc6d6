package workload

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func podWith(kind corev1.PodConditionType, status corev1.ConditionStatus, message string) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod"}, Spec: corev1.PodSpec{NodeName: "node0"},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: kind, Status: status, Message: message}}},
	}
}

func TestUnsettledPods(t *testing.T) {
	ready := podWith(corev1.PodReady, corev1.ConditionTrue, "")
	ending := *ready.DeepCopy()
	ending.DeletionTimestamp = new(metav1.Now())
	settled := appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2}
	tests := []struct {
		name   string
		status appsv1.DeploymentStatus
		pods   []corev1.Pod
		want   string
	}{
		{"all ready", settled, []corev1.Pod{ready, ready}, ""},
		{"an unseen change", appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: 2, UpdatedReplicas: 2}, []corev1.Pod{ready, ready}, "not yet looked"},
		{"too few", settled, []corev1.Pod{ready}, "of 2 pods there are 1"},
		{"too many", settled, []corev1.Pod{ready, ready, ending}, "of 2 pods there are 3"},
		{"an old one still", appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 1}, []corev1.Pod{ready, ready}, "1 of them as they are to be"},
		{"one ends", settled, []corev1.Pod{ready, ending}, "it is about to end"},
		{"one is not ready", settled, []corev1.Pod{ready, podWith(corev1.PodReady, corev1.ConditionFalse, "no answer")}, `pod on "node0": it is not Ready, Ready: no answer`},
		{"one has no node", settled, []corev1.Pod{ready, podWith(corev1.PodScheduled, corev1.ConditionFalse, "no node is free")}, "PodScheduled: no node is free"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 3}, Spec: appsv1.DeploymentSpec{Replicas: new(int32(2))}, Status: test.status}
			got := unsettledPods(deployment, test.pods, corev1.PodReady)
			if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
				t.Errorf("got %q, want it to say %q", got, test.want)
			}
		})
	}
}

func TestDeploymentOptionsGoTogether(t *testing.T) {
	template := workloadTemplate()
	for _, option := range []DeploymentOption{OnNodes("node0", "node1"), OnePerNode(), Gated()} {
		option(&template)
	}
	affinity := template.Spec.Affinity
	nodes := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0]
	apart := affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0]
	if len(nodes.Values) != 2 || nodes.Key != corev1.LabelHostname || apart.TopologyKey != corev1.LabelHostname || apart.LabelSelector.MatchLabels["app"] != "app" {
		t.Errorf("got %+v and %+v", nodes, apart)
	}
	if gates := template.Spec.ReadinessGates; len(gates) != 1 || gates[0].ConditionType != readyGate {
		t.Errorf("got gates %+v", gates)
	}
}

func TestEvictable(t *testing.T) {
	owned := func(kind string, controller *bool) corev1.Pod {
		return corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Kind: kind, Controller: controller}}}}
	}
	tests := []struct {
		name string
		pod  corev1.Pod
		want bool
	}{
		{"nobody's", corev1.Pod{}, true},
		{"a ReplicaSet's", owned("ReplicaSet", new(true)), true},
		{"a DaemonSet's", owned("DaemonSet", new(true)), false},
		{"one that a DaemonSet does not control", owned("DaemonSet", nil), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := evictable(test.pod); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
