package agent

import (
	"context"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nodeCondition is the node's Ready condition.
type nodeCondition struct {
	// begun is when the agent was made.
	begun metav1.Time
	// changed wakes the one that writes the node's status. It holds one.
	changed chan struct{}

	mu      sync.Mutex
	current readiness
	// next is closed when current is no longer so.
	next chan struct{}
}

type readiness struct {
	ready           bool
	reason, message string
	since           metav1.Time
}

func newNodeCondition() *nodeCondition {
	now := metav1.Now()
	return &nodeCondition{
		begun:   now,
		changed: make(chan struct{}, 1),
		current: readiness{ready: true, reason: "KubeletReady", message: "the node agent runs", since: now},
		next:    make(chan struct{}),
	}
}

func (c *nodeCondition) set(ready bool, reason, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := c.current.since
	if c.current.ready != ready {
		since = metav1.Now()
	}
	c.current = readiness{ready: ready, reason: reason, message: message, since: since}
	close(c.next)
	c.next = make(chan struct{})
	c.wake()
}

// wake has the node's status written.
func (c *nodeCondition) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *nodeCondition) get() (current readiness, next <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, c.next
}

// waitReady waits until the node is ready, and tells told what it waits for.
func (c *nodeCondition) waitReady(ctx context.Context, told func(message string)) error {
	for {
		current, next := c.get()
		if current.ready {
			return nil
		}
		told("the node is not ready: " + current.message)
		select {
		case <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
