package agent

import (
	"context"
	"sync"
	"time"
)

// termination is the end of a pod: first asked for, and after the grace period
// enforced. The end of the agent enforces every pod's end.
type termination struct {
	// asked is done when the pod is to end, and enforced when nothing waits for it
	// any longer. An enforced end has been asked for.
	asked, enforced context.Context

	begin, enforce context.CancelFunc

	mu       sync.Mutex
	deadline time.Time
	timer    *time.Timer
}

func newTermination(agent context.Context) *termination {
	t := &termination{}
	t.enforced, t.enforce = context.WithCancel(agent)
	t.asked, t.begin = context.WithCancel(t.enforced)
	return t
}

// ask asks for the end within a grace period. Asking again can only shorten it.
func (t *termination) ask(grace time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	deadline := time.Now().Add(grace)
	if t.timer != nil && !deadline.Before(t.deadline) {
		return
	}
	if t.timer != nil {
		t.timer.Stop()
	}
	t.deadline = deadline
	t.begin()
	if grace <= 0 {
		t.enforce()
	}
	t.timer = time.AfterFunc(grace, t.enforce)
}

// release frees what the contexts hold, once the pod has ended.
func (t *termination) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.enforce()
}

// sleep waits, and reports whether the whole time passed.
func sleep(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
