package suite

import (
	"context"
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
)

// podTimeout bounds the wait for a pod to be ready or gone.
const podTimeout = 30 * time.Second

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

	lab    *Lab
	object *corev1.Pod
}

// Pods are the pods of the workload that every lab has, one on each node, by
// node.
func (l *Lab) Pods(ctx context.Context) map[string]Pod {
	ginkgo.GinkgoHelper()
	var list corev1.PodList
	err := l.Client.Resources(fixtures.WorkloadNamespace).List(ctx, &list, resources.WithLabelSelector(fixtures.WorkloadSelector))
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "list the workload's pods")
	pods := map[string]Pod{}
	for i := range list.Items {
		pod := l.pod(ctx, &list.Items[i])
		pods[pod.Node] = pod
	}
	gomega.Expect(pods).To(gomega.HaveLen(len(l.topology.Nodes())), "the workload has a pod on each node")
	return pods
}

// NewPod runs one more pod of the workload's kind on a node until the spec ends.
func (l *Lab) NewPod(ctx context.Context, node string) Pod {
	ginkgo.GinkgoHelper()
	return l.newPod(ctx, node, nil)
}

// addressAnnotation asks Calico's CNI plugin for certain addresses ("Use a specific
// IP address with a pod" in Calico's documentation).
const addressAnnotation = "cni.projectcalico.org/ipAddrs"

// newPodWithAddress runs a pod as NewPod does, with an address of the pod network
// that has to be free. One of a block that is another node's is borrowed.
func (l *Lab) newPodWithAddress(ctx context.Context, node string, address netip.Addr) Pod {
	ginkgo.GinkgoHelper()
	return l.newPod(ctx, node, map[string]string{addressAnnotation: fmt.Sprintf("[%q]", address)})
}

// poolsAnnotation asks Calico's CNI plugin for an address of certain pools ("Use
// multiple IP pools" in Calico's documentation).
const poolsAnnotation = "cni.projectcalico.org/ipv4pools"

// NewPodInPool runs a pod as NewPod does, with an address of an IP pool.
func (l *Lab) NewPodInPool(ctx context.Context, node, pool string) Pod {
	ginkgo.GinkgoHelper()
	return l.newPod(ctx, node, map[string]string{poolsAnnotation: fmt.Sprintf("[%q]", pool)})
}

func (l *Lab) newPod(ctx context.Context, node string, annotations map[string]string) Pod {
	ginkgo.GinkgoHelper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-", Namespace: fixtures.WorkloadNamespace, Annotations: annotations},
		Spec:       l.workload(ctx).Spec,
	}
	pod.Spec.NodeName = node
	gomega.Expect(l.Client.Resources().Create(ctx, pod)).To(gomega.Succeed(), "create a pod on %s", node)
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { l.deletePod(ctx, pod) })
	ready := conditions.New(l.Client.Resources()).PodReady(pod)
	gomega.Expect(l.wait(ctx, ready)).To(gomega.Succeed(), "wait for pod %s on %s to be ready", pod.Name, node)
	gomega.Expect(l.Client.Resources().Get(ctx, pod.Name, pod.Namespace, pod)).To(gomega.Succeed())
	l.waitProgrammed(ctx, pod)
	return l.pod(ctx, pod)
}

// waitProgrammed waits until Felix has written the routes and rules of a pod that is
// ready: it may be later than the pod.
func (l *Lab) waitProgrammed(ctx context.Context, pod *corev1.Pod) {
	ginkgo.GinkgoHelper()
	node := l.At(pod.Spec.NodeName)
	err := l.wait(ctx, func(context.Context) (bool, error) { return observe.EndpointProgrammed(node, pod.Namespace, pod.Name) })
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "wait until Felix has programmed pod %s on %s", pod.Name, pod.Spec.NodeName)
}

// workload is what the workload's pods are made from.
func (l *Lab) workload(ctx context.Context) corev1.PodTemplateSpec {
	ginkgo.GinkgoHelper()
	var workload appsv1.DaemonSet
	err := l.Client.Resources().Get(ctx, fixtures.WorkloadName, fixtures.WorkloadNamespace, &workload)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "find the workload")
	return workload.Spec.Template
}

// DeletePod deletes a pod that a spec has made, before the spec ends.
func (l *Lab) DeletePod(ctx context.Context, pod Pod) {
	ginkgo.GinkgoHelper()
	l.deletePod(ctx, pod.object)
}

// deletePod deletes a pod and waits until it is gone. One that is gone already, as
// after a drain of its node, is no error.
func (l *Lab) deletePod(ctx context.Context, pod *corev1.Pod) {
	ginkgo.GinkgoHelper()
	err := l.Client.Resources().Delete(ctx, pod)
	if apierrors.IsNotFound(err) {
		return
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "delete pod %s", pod.Name)
	gone := conditions.New(l.Client.Resources()).ResourceDeleted(pod)
	gomega.Expect(l.wait(ctx, gone)).To(gomega.Succeed(), "wait for pod %s to be gone", pod.Name)
}

func (l *Lab) wait(ctx context.Context, condition func(context.Context) (bool, error)) error {
	return wait.For(condition, wait.WithContext(ctx), wait.WithInterval(poll), wait.WithTimeout(podTimeout), wait.WithImmediate())
}

func (l *Lab) pod(ctx context.Context, pod *corev1.Pod) Pod {
	ginkgo.GinkgoHelper()
	address, err := netip.ParseAddr(pod.Status.PodIP)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "pod %s has no address", pod.Name)
	gomega.Expect(pod.Spec.Containers).NotTo(gomega.BeEmpty())
	gomega.Expect(pod.Spec.Containers[0].Ports).NotTo(gomega.BeEmpty(), "pod %s names no port", pod.Name)
	host, err := l.Pod(ctx, pod.Namespace, pod.Name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	port := uint16(pod.Spec.Containers[0].Ports[0].ContainerPort)
	return Pod{
		Host: host, PodName: pod.Name, Node: pod.Spec.NodeName, Address: netip.AddrPortFrom(address, port),
		lab: l, object: pod,
	}
}

// At finds a host of the lab.
func (l *Lab) At(name string) lab.Host {
	ginkgo.GinkgoHelper()
	host, err := l.Host(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), fmt.Sprintf("find host %s", name))
	return host
}
