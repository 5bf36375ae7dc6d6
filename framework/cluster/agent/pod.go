package agent

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is the worker of one pod, from when it is bound until the API server has
// forgotten it.
type pod struct {
	agent *Agent
	log   *slog.Logger
	// first is the pod as it was seen first. Its spec is what is run.
	first *corev1.Pod
	place Place
	end   *termination
	// changed wakes the publisher. It holds one.
	changed chan struct{}

	containers []*container

	mu sync.Mutex
	// published is the status that the API server has of this pod, as far as it
	// was written here.
	published corev1.PodStatus
	// newest is the pod as it was seen last.
	newest *corev1.Pod
	// begun is when the agent took the pod on.
	begun metav1.Time
	// addresses are empty until the pod has its network. attached says that it has
	// it now, and attachable that there may be something to take down.
	addresses            []netip.Addr
	attached, attachable bool
	// gone says that the API server no longer has the pod.
	gone bool
}

func newPod(ctx context.Context, a *Agent, object *corev1.Pod) *pod {
	p := &pod{
		agent:     a,
		log:       a.log.With("pod", object.Namespace+"/"+object.Name),
		first:     object,
		newest:    object,
		end:       newTermination(ctx),
		changed:   make(chan struct{}, 1),
		published: object.Status,
		begun:     metav1.Now(),
		// An agent before this one has left its network behind.
		attachable: object.Status.PodIP != "" && !object.Spec.HostNetwork,
	}
	if !object.Spec.HostNetwork {
		p.place = Place{Pod: object.UID, Hostname: hostname(object)}
	}
	for i := range object.Spec.Containers {
		p.containers = append(p.containers, newContainer(p, &object.Spec.Containers[i]))
	}
	return p
}

// maxHostname is the longest name of a host, in bytes (sethostname(2)).
const maxHostname = 63

// hostname is a pod's name for itself.
func hostname(object *corev1.Pod) string {
	return object.Name[:min(len(object.Name), maxHostname)]
}

// update takes in the newest state that the API server has of the pod.
func (p *pod) update(object *corev1.Pod) {
	p.mu.Lock()
	p.newest = object
	p.mu.Unlock()
	if object.DeletionTimestamp != nil {
		p.end.ask(gracePeriod(object))
	}
	if len(p.first.Spec.ReadinessGates) > 0 {
		p.wakePublisher()
	}
}

// forget ends the pod at once: the API server no longer has it.
func (p *pod) forget() {
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
	p.end.ask(0)
}

func (p *pod) isGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

func gracePeriod(object *corev1.Pod) time.Duration {
	for _, s := range []*int64{object.DeletionGracePeriodSeconds, object.Spec.TerminationGracePeriodSeconds} {
		if s != nil {
			return time.Duration(*s) * time.Second
		}
	}
	return corev1.DefaultTerminationGracePeriodSeconds * time.Second
}

// run runs the pod to its end, whatever brings it about. It returns when nothing
// of the pod is left on the node, and the API server has forgotten it.
func (p *pod) run(ctx context.Context) {
	defer p.end.release()
	publishing, stop := context.WithCancel(ctx)
	var publisher sync.WaitGroup
	publisher.Go(func() { p.publish(publishing) })
	p.wakePublisher()

	p.live() //nolint:contextcheck // the pod's own contexts, from ctx, are in p.end
	p.detach(ctx)
	<-p.end.asked.Done()

	stop()
	publisher.Wait()
	if ctx.Err() == nil && !p.isGone() {
		p.remove(ctx)
	}
}

// live gives the pod its network and runs its containers until they have ended.
func (p *pod) live() {
	if p.end.asked.Err() != nil {
		return
	}
	if err := unsupported(p.first); err != nil {
		p.log.Warn("The pod is not run", "reason", err)
		for _, c := range p.containers {
			c.refuse(err)
		}
		<-p.end.asked.Done()
		return
	}
	if !p.attach() {
		return
	}
	var running sync.WaitGroup
	for _, c := range p.containers {
		running.Go(c.run)
	}
	running.Wait()
}

// set changes what the pod's status is made from.
func (p *pod) set(change func()) {
	p.mu.Lock()
	change()
	p.mu.Unlock()
	p.wakePublisher()
}

func (p *pod) wakePublisher() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// address is the pod's first address, invalid while it has none.
func (p *pod) address() netip.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.addresses) == 0 {
		return netip.Addr{}
	}
	return p.addresses[0]
}
