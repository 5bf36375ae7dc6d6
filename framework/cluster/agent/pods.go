package agent

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// watchPods hands the node's pods to workers, from now on until ctx is done. It
// returns when the pods have workers that were bound to the node already.
func (a *Agent) watchPods(ctx context.Context) error {
	client := a.config.Client.CoreV1().Pods(metav1.NamespaceAll)
	selector := fields.OneTermEqualSelector("spec.nodeName", a.config.Node).String()
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = selector
			return client.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = selector
			return client.Watch(ctx, options)
		},
	}
	_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.ToListWatcherWithWatchListSemantics(source, a.config.Client),
		ObjectType:    &corev1.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc: func(object any) { a.updatePod(ctx, object.(*corev1.Pod)) },
			UpdateFunc: func(old, object any) {
				before, pod := old.(*corev1.Pod), object.(*corev1.Pod)
				if before.UID != pod.UID {
					a.forgetPod(before.UID)
				}
				a.updatePod(ctx, pod)
			},
			DeleteFunc: func(object any) {
				if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
					object = unknown.Obj
				}
				if pod, ok := object.(*corev1.Pod); ok {
					a.forgetPod(pod.UID)
				}
			},
		},
	})
	a.tasks.Go(func() { controller.RunWithContext(ctx) })
	if !cache.WaitForCacheSync(ctx.Done(), controller.HasSynced) {
		return fmt.Errorf("list the node's pods: %w", context.Cause(ctx))
	}
	return nil
}

// updatePod tells a pod's worker of the pod's newest state and makes the worker if
// there is none.
func (a *Agent) updatePod(ctx context.Context, object *corev1.Pod) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.pods[object.UID]
	isNew := p == nil
	if isNew {
		if finished(object) && object.DeletionTimestamp == nil {
			return
		}
		p = newPod(ctx, a, object)
		a.pods[object.UID] = p
	}
	p.update(object)
	if isNew {
		a.tasks.Go(func() { p.run(ctx) })
	}
}

// forgetPod ends a pod that the API server no longer has.
func (a *Agent) forgetPod(uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.pods[uid]; p != nil {
		p.forget()
		delete(a.pods, uid)
	}
}

// findPod finds a pod that the API server has.
func (a *Agent) findPod(namespace, name string) *pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.pods {
		if p.first.Namespace == namespace && p.first.Name == name {
			return p
		}
	}
	return nil
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
