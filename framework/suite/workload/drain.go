package workload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/rackproof/rackproof/framework/suite"
)

// Drain empties a node as `kubectl drain --ignore-daemonsets --force` does: no new
// pods until the spec ends, and those that it has are evicted, but for a
// DaemonSet's. It returns when they are gone.
func Drain(ctx context.Context, l *suite.Lab, node string) {
	ginkgo.GinkgoHelper()
	Cordon(ctx, l, node)
	var left []string
	err := waitFor(ctx, func(ctx context.Context) (bool, error) {
		var list corev1.PodList
		err := l.Client.Resources().List(ctx, &list, resources.WithFieldSelector("spec.nodeName="+node))
		if err != nil {
			return false, err
		}
		left = nil
		for _, pod := range list.Items {
			if !evictable(pod) {
				continue
			}
			left = append(left, pod.Namespace+"/"+pod.Name)
			if err := evict(ctx, l, pod); err != nil {
				return false, err
			}
		}
		return len(left) == 0, nil
	})
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "drain node %s, which still has %s", node, strings.Join(left, ", "))
}

// evictable reports whether a drain evicts a pod: a DaemonSet would only put it back.
func evictable(pod corev1.Pod) bool {
	return !slices.ContainsFunc(pod.OwnerReferences, func(owner metav1.OwnerReference) bool {
		return owner.Kind == "DaemonSet" && owner.Controller != nil && *owner.Controller
	})
}

// evict asks for a pod's eviction, unless it is about to end already. The next look
// asks again where a disruption budget forbids it for now.
func evict(ctx context.Context, l *suite.Lab, pod corev1.Pod) error {
	if pod.DeletionTimestamp != nil {
		return nil
	}
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}}
	err := l.Client.Resources().GetControllerRuntimeClient().SubResource("eviction").Create(ctx, &pod, eviction)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsTooManyRequests(err) {
		return fmt.Errorf("evict pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}
