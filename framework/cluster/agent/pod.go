package agent

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
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

	inits, containers []*container

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
	initial := "ContainerCreating"
	for i := range object.Spec.InitContainers {
		initial = "PodInitializing"
		p.inits = append(p.inits, newContainer(p, &object.Spec.InitContainers[i], true, initial))
	}
	for i := range object.Spec.Containers {
		p.containers = append(p.containers, newContainer(p, &object.Spec.Containers[i], false, initial))
	}
	return p
}

// maxHostname is the longest name of a host, in bytes (sethostname(2)).
const maxHostname = 63

// hostname is a pod's name for itself.
func hostname(object *corev1.Pod) string {
	name := object.Name
	if object.Spec.Hostname != "" {
		name = object.Spec.Hostname
	}
	return name[:min(len(name), maxHostname)]
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
	if err := unsupported(&p.first.Spec); err != nil {
		p.log.Warn("The pod is not run", "reason", err)
		for _, c := range p.all() {
			c.refuse(err)
		}
		<-p.end.asked.Done()
		return
	}
	if !p.attach() {
		return
	}
	for _, c := range p.inits {
		if !c.run() {
			return
		}
	}
	var running sync.WaitGroup
	for _, c := range p.containers {
		running.Go(func() { c.run() })
	}
	running.Wait()
}

// all are the pod's containers of either kind.
func (p *pod) all() []*container { return slices.Concat(p.inits, p.containers) }

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

// addressesNow are the addresses that the pod's fields tell its containers.
func (p *pod) addressesNow() podAddresses {
	p.mu.Lock()
	defer p.mu.Unlock()
	return podAddresses{host: p.agent.config.Address, pod: p.addresses}
}
