package workload

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/suite"
)

// deploymentLabel tells the pods of one deployment from all others.
const deploymentLabel = "rackproof/deployment"

// Deployment is a number of pods of the workload's kind that Kubernetes keeps up,
// on whichever nodes it likes unless it is told.
type Deployment struct {
	lab    *suite.Lab
	object *appsv1.Deployment
}

// DeploymentOption is a wish about a deployment's pods.
type DeploymentOption func(*corev1.PodTemplateSpec)

// OnNodes keeps the pods to some nodes.
func OnNodes(names ...string) DeploymentOption {
	return func(template *corev1.PodTemplateSpec) {
		affinityOf(template).NodeAffinity = &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: names}},
			}}},
		}
	}
}

// OnePerNode puts each pod on a node of its own. Pods beyond the number of nodes
// wait.
func OnePerNode() DeploymentOption {
	return func(template *corev1.PodTemplateSpec) {
		affinityOf(template).PodAntiAffinity = &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
				LabelSelector: &metav1.LabelSelector{MatchLabels: template.Labels}, TopologyKey: corev1.LabelHostname,
			}},
		}
	}
}

func affinityOf(template *corev1.PodTemplateSpec) *corev1.Affinity {
	if template.Spec.Affinity == nil {
		template.Spec.Affinity = &corev1.Affinity{}
	}
	return template.Spec.Affinity
}

// NewDeployment makes a deployment that lasts until the spec ends. Its pods come
// with time: see Ready.
func NewDeployment(ctx context.Context, l *suite.Lab, replicas int, options ...DeploymentOption) *Deployment {
	ginkgo.GinkgoHelper()
	mark := map[string]string{deploymentLabel: string(uuid.NewUUID())}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: mark}, Spec: workload(ctx, l).Spec}
	// A pod that tolerates everything is put on cordoned nodes too.
	template.Spec.Tolerations = nil
	for _, option := range options {
		option(&template)
	}
	d := &Deployment{lab: l, object: &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "deployment-", Namespace: fixtures.WorkloadNamespace},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(replicas)),
			Selector: &metav1.LabelSelector{MatchLabels: mark},
			Template: template,
		},
	}}
	gomega.Expect(l.Client.Resources().Create(ctx, d.object)).To(gomega.Succeed(), "create a deployment")
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { d.Delete(ctx) })
	return d
}

// Name is the deployment's name.
func (d *Deployment) Name() string { return d.object.Name }

// Selector selects the deployment's pods.
func (d *Deployment) Selector() map[string]string { return d.object.Spec.Selector.MatchLabels }

// Scale sets how many pods there are to be.
func (d *Deployment) Scale(ctx context.Context, replicas int) {
	ginkgo.GinkgoHelper()
	d.update(ctx, func(object *appsv1.Deployment) { object.Spec.Replicas = new(int32(replicas)) })
}

// Move moves the pods to other nodes. Each one on an old node goes when
// one on a new node is ready.
func (d *Deployment) Move(ctx context.Context, nodes ...string) {
	ginkgo.GinkgoHelper()
	d.update(ctx, func(object *appsv1.Deployment) { OnNodes(nodes...)(&object.Spec.Template) })
}

func (d *Deployment) update(ctx context.Context, change func(*appsv1.Deployment)) {
	ginkgo.GinkgoHelper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := d.lab.Client.Resources().Get(ctx, d.object.Name, d.object.Namespace, d.object); err != nil {
			return err
		}
		change(d.object)
		return d.lab.Client.Resources().Update(ctx, d.object)
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "change deployment %s", d.Name())
}

// Ready waits until all pods that there are to be are ready, and no other is left,
// and returns them.
func (d *Deployment) Ready(ctx context.Context) []Pod {
	ginkgo.GinkgoHelper()
	return d.settle(ctx, corev1.PodReady)
}

// Running waits as Ready does, but takes the pods as they are once their containers
// are ready, whatever their gates say: see Gated.
func (d *Deployment) Running(ctx context.Context) []Pod {
	ginkgo.GinkgoHelper()
	return d.settle(ctx, corev1.ContainersReady)
}

func (d *Deployment) settle(ctx context.Context, condition corev1.PodConditionType) []Pod {
	ginkgo.GinkgoHelper()
	unsettled := ""
	err := waitFor(ctx, func(ctx context.Context) (bool, error) {
		if err := d.lab.Client.Resources().Get(ctx, d.object.Name, d.object.Namespace, d.object); err != nil {
			return false, err
		}
		pods, err := d.list(ctx)
		unsettled = unsettledPods(d.object, pods, condition)
		return unsettled == "", err
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait for the pods of deployment %s: %s", d.Name(), unsettled)
	return d.pods(ctx)
}

// pods are the deployment's pods that have an address and are not about to end, as
// they are now, in the order of their nodes' names.
func (d *Deployment) pods(ctx context.Context) []Pod {
	ginkgo.GinkgoHelper()
	list, err := d.list(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "list the pods of deployment %s", d.Name())
	var pods []Pod
	for i := range list {
		if list[i].DeletionTimestamp == nil && list[i].Status.PodIP != "" {
			waitProgrammed(ctx, d.lab, &list[i])
			pods = append(pods, podOf(ctx, d.lab, &list[i]))
		}
	}
	slices.SortFunc(pods, func(a, b Pod) int { return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.PodName, b.PodName)) })
	return pods
}

func (d *Deployment) list(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	selector := labels.SelectorFromSet(d.Selector()).String()
	err := d.lab.Client.Resources(d.object.Namespace).List(ctx, &list, resources.WithLabelSelector(selector))
	return list.Items, err
}

// Delete deletes the deployment and waits until its pods are gone. One that is gone
// already is no error.
func (d *Deployment) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	err := d.lab.Client.Resources().Delete(ctx, d.object, resources.WithDeletePropagation(string(metav1.DeletePropagationBackground)))
	if apierrors.IsNotFound(err) {
		err = nil
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete deployment %s", d.Name())
	err = waitFor(ctx, func(ctx context.Context) (bool, error) {
		pods, err := d.list(ctx)
		return len(pods) == 0, err
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait for the pods of deployment %s to be gone", d.Name())
}

// unsettledPods tells why a deployment's pods are not yet what they are to be: as
// many as it asks for, of its newest template, each with a condition; it is empty
// once they are.
func unsettledPods(deployment *appsv1.Deployment, pods []corev1.Pod, condition corev1.PodConditionType) string {
	want := *deployment.Spec.Replicas
	if deployment.Status.ObservedGeneration < deployment.Generation {
		return "Kubernetes has not yet looked at what was asked for"
	}
	if deployment.Status.UpdatedReplicas != want || deployment.Status.Replicas != want || len(pods) != int(want) {
		return fmt.Sprintf("of %d pods there are %d, %d of them as they are to be", want, len(pods), deployment.Status.UpdatedReplicas)
	}
	var faults []string
	for _, pod := range pods {
		if fault := podLacks(pod, condition); fault != "" {
			faults = append(faults, fmt.Sprintf("%s on %q: %s", pod.Name, pod.Spec.NodeName, fault))
		}
	}
	return strings.Join(faults, "; ")
}

// podLacks tells why a pod lacks a condition.
func podLacks(pod corev1.Pod, condition corev1.PodConditionType) string {
	if pod.DeletionTimestamp != nil {
		return "it is about to end"
	}
	faults := []string{"it is not " + string(condition)}
	for _, c := range pod.Status.Conditions {
		if c.Type == condition && c.Status == corev1.ConditionTrue {
			return ""
		}
		if c.Status != corev1.ConditionTrue && c.Message != "" {
			faults = append(faults, fmt.Sprintf("%s: %s", c.Type, c.Message))
		}
	}
	return strings.Join(faults, ", ")
}
