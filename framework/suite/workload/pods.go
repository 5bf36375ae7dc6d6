package workload

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
)

const (
	// podTimeout bounds the wait for a pod to be ready or gone.
	podTimeout = 30 * time.Second
	// podPoll is the interval of its looks; the first one is at once.
	podPoll = 100 * time.Millisecond
)

// Pod is a running pod of the workload: a place from which to send and an
// address to send to.
type Pod struct {
	lab.Host
	// PodName is the pod's name, which its server tells as its host name.
	PodName string
	// Node is where it runs.
	Node string
	// Address is where its server answers.
	Address netip.AddrPort

	lab    *suite.Lab
	object *corev1.Pod
}

// Pods are the pods of the workload that every lab has, one on each node, by
// node.
func Pods(ctx context.Context, l *suite.Lab) map[string]Pod {
	ginkgo.GinkgoHelper()
	var list corev1.PodList
	err := l.Client.Resources(fixtures.WorkloadNamespace).List(ctx, &list, resources.WithLabelSelector(fixtures.WorkloadSelector))
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "list the workload's pods")
	pods := map[string]Pod{}
	for i := range list.Items {
		pod := podOf(ctx, l, &list.Items[i])
		pods[pod.Node] = pod
	}
	gomega.Expect(pods).To(gomega.HaveLen(len(l.Topology().Nodes())), "the workload has a pod on each node")
	return pods
}

// NewPod runs one more pod of the workload's kind on a node until the spec ends.
func NewPod(ctx context.Context, l *suite.Lab, node string) Pod {
	ginkgo.GinkgoHelper()
	return newPod(ctx, l, node, nil)
}

// addressAnnotation asks Calico's CNI plugin for certain addresses ("Use a specific
// IP address with a pod" in Calico's documentation).
const addressAnnotation = "cni.projectcalico.org/ipAddrs"

// newPodWithAddress runs a pod as NewPod does, with an address of the pod network
// that has to be free. One of a block that is another node's is borrowed.
func newPodWithAddress(ctx context.Context, l *suite.Lab, node string, address netip.Addr) Pod {
	ginkgo.GinkgoHelper()
	return newPod(ctx, l, node, map[string]string{addressAnnotation: fmt.Sprintf("[%q]", address)})
}

// poolsAnnotation asks Calico's CNI plugin for an address of certain pools ("Use
// multiple IP pools" in Calico's documentation).
const poolsAnnotation = "cni.projectcalico.org/ipv4pools"

// NewPodInPool runs a pod as NewPod does, with an address of an IP pool.
func NewPodInPool(ctx context.Context, l *suite.Lab, node, pool string) Pod {
	ginkgo.GinkgoHelper()
	return newPod(ctx, l, node, map[string]string{poolsAnnotation: fmt.Sprintf("[%q]", pool)})
}

func newPod(ctx context.Context, l *suite.Lab, node string, annotations map[string]string) Pod {
	ginkgo.GinkgoHelper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-", Namespace: fixtures.WorkloadNamespace, Annotations: annotations},
		Spec:       workload(ctx, l).Spec,
	}
	pod.Spec.NodeName = node
	gomega.Expect(l.Client.Resources().Create(ctx, pod)).To(gomega.Succeed(), "create a pod on %s", node)
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { deletePod(ctx, l, pod) })
	ready := conditions.New(l.Client.Resources()).PodReady(pod)
	gomega.Expect(waitFor(ctx, ready)).To(gomega.Succeed(), "wait for pod %s on %s to be ready", pod.Name, node)
	gomega.Expect(l.Client.Resources().Get(ctx, pod.Name, pod.Namespace, pod)).To(gomega.Succeed())
	waitProgrammed(ctx, l, pod)
	return podOf(ctx, l, pod)
}

// waitProgrammed waits until Felix has written the routes and rules of a pod that is
// ready: it may be later than the pod.
func waitProgrammed(ctx context.Context, l *suite.Lab, pod *corev1.Pod) {
	ginkgo.GinkgoHelper()
	node := l.At(pod.Spec.NodeName)
	err := waitFor(ctx, func(context.Context) (bool, error) { return observe.EndpointProgrammed(node, pod.Namespace, pod.Name) })
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait until Felix has programmed pod %s on %s", pod.Name, pod.Spec.NodeName)
}

// workload is what the workload's pods are made from.
func workload(ctx context.Context, l *suite.Lab) corev1.PodTemplateSpec {
	ginkgo.GinkgoHelper()
	var workload appsv1.DaemonSet
	err := l.Client.Resources().Get(ctx, fixtures.WorkloadName, fixtures.WorkloadNamespace, &workload)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "find the workload")
	return workload.Spec.Template
}

// Delete deletes a pod that a spec has made, before the spec ends.
func (p Pod) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	deletePod(ctx, p.lab, p.object)
}

// deletePod deletes a pod and waits until it is gone. One that is gone already, as
// after a drain of its node, is no error.
func deletePod(ctx context.Context, l *suite.Lab, pod *corev1.Pod) {
	ginkgo.GinkgoHelper()
	err := l.Client.Resources().Delete(ctx, pod)
	if apierrors.IsNotFound(err) {
		return
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete pod %s", pod.Name)
	gone := conditions.New(l.Client.Resources()).ResourceDeleted(pod)
	gomega.Expect(waitFor(ctx, gone)).To(gomega.Succeed(), "wait for pod %s to be gone", pod.Name)
}

// waitFor waits until a condition of pods or services holds.
func waitFor(ctx context.Context, condition func(context.Context) (bool, error)) error {
	return wait.For(condition, wait.WithContext(ctx), wait.WithInterval(podPoll), wait.WithTimeout(podTimeout), wait.WithImmediate())
}

func podOf(ctx context.Context, l *suite.Lab, pod *corev1.Pod) Pod {
	ginkgo.GinkgoHelper()
	address, err := netip.ParseAddr(pod.Status.PodIP)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "pod %s has no address", pod.Name)
	gomega.Expect(pod.Spec.Containers).NotTo(gomega.BeEmpty())
	gomega.Expect(pod.Spec.Containers[0].Ports).NotTo(gomega.BeEmpty(), "pod %s names no port", pod.Name)
	host, err := enter(ctx, l, pod)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	port := uint16(pod.Spec.Containers[0].Ports[0].ContainerPort)
	return Pod{
		Host: host, PodName: pod.Name, Node: pod.Spec.NodeName, Address: netip.AddrPortFrom(address, port),
		lab: l, object: pod,
	}
}

// Unwrap is the pod as a place to send and to listen in.
func (p Pod) Unwrap() lab.Host {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.EnterPods)
	return p.Host
}

// enter finds a pod's own place. On a lab that enters no pods that is none.
func enter(ctx context.Context, l *suite.Lab, pod *corev1.Pod) (lab.Host, error) {
	enterer, err := lab.PodEntererOf(l.Lab)
	if errors.Is(err, lab.ErrUnable) {
		return sealed{pod.Name, l.Name()}, nil
	}
	return enterer.Pod(ctx, pod.Namespace, pod.Name)
}

// sealed is a pod that cannot be entered: others reach it, and it does nothing itself.
type sealed struct{ name, lab string }

func (s sealed) Name() string { return "pod " + s.name }

func (s sealed) Lab() string { return s.lab }
