package suite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/observe"
)

const (
	// settleTimeout bounds the wait for nodes to take a spec's changes back. The next
	// spec's checks find a node that does not.
	settleTimeout = 10 * time.Second
	// spoiledSettleTimeout is that in a lab with a defect, where nodes may never do that.
	spoiledSettleTimeout = 2 * time.Second
	settlePoll           = 100 * time.Millisecond
)

// settling is the state of the nodes' BIRDs while a spec changes them: what they were
// to run before its first change, and when it began to take its changes back.
type settling struct {
	lab             *Lab
	before, changed map[string]observe.BIRDConfiguration
	began           time.Time
	// deletions delete what DeleteFirst was given.
	deletions []func(context.Context)
}

// UndoAfter runs undo when the spec ends. After the last one of a spec it waits until
// the nodes' BIRDs run again what they ran before: the next spec would find the tables
// that it expects otherwise while sessions are still about to be restarted, because
// before a change is taken back they may be what they are after it.
func (l *Lab) UndoAfter(undo func(context.Context)) {
	ginkgo.GinkgoHelper()
	l.SettleAfter()
	l.settling.undo(undo)
}

// DeleteFirst deletes something that the spec has made when the spec ends, before anything
// that UndoAfter takes back, whichever came first; del may run twice. It is for services:
// after a change of the BGPConfiguration Calico announces all services again from a list,
// among them one that it withdraws meanwhile because it was deleted, and keeps that
// announcement (resyncKnownRoutes in confd/pkg/backends/calico/routes.go of v3.31.0). In
// an ordered container, whose BeforeAll may have made it, it is deleted in the usual order.
func (l *Lab) DeleteFirst(del func(context.Context)) {
	ginkgo.GinkgoHelper()
	l.SettleAfter()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { del(ctx) })
	if !ginkgo.CurrentSpecReport().IsInOrderedContainer {
		l.settling.deletions = append(l.settling.deletions, del)
	}
}

// SettleAfter makes the spec end with a wait until the nodes' BIRDs run again what they
// run now, if the spec changes anything that UndoAfter takes back. A helper that makes
// something that nodes announce calls it first. Later undo functions run before the wait,
// which would be in vain without them.
func (l *Lab) SettleAfter() {
	ginkgo.GinkgoHelper()
	if l.settling != nil {
		return
	}
	s := l.startSettling()
	l.settling = s
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		s.finish(ctx)
		l.settling = nil
	})
}

// startSettling remembers what the nodes run.
func (l *Lab) startSettling() *settling { return &settling{lab: l, before: l.configurations()} }

// undo runs a function when the spec ends, or the container in whose BeforeAll it is
// called.
func (s *settling) undo(undo func(context.Context)) {
	ginkgo.GinkgoHelper()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		s.begin()
		undo(ctx)
	})
	// Clean-up runs backwards. Deletions that fail do not keep undo from running.
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		s.begin()
		deletions := s.deletions
		s.deletions = nil
		for _, del := range slices.Backward(deletions) {
			del(ctx)
		}
	})
}

// begin remembers what the nodes run when the spec's changes begin to be taken back.
func (s *settling) begin() {
	if s.began.IsZero() {
		s.changed, s.began = s.lab.configurations(), time.Now()
	}
}

// finish waits until every node whose configuration was another one when undoing began
// runs the one before.
func (s *settling) finish(ctx context.Context) {
	if s.began.IsZero() || s.lab.running == nil {
		return // nothing was changed that has been taken back
	}
	var left []string
	for name, before := range s.before {
		if !s.changed[name].Equal(before) {
			left = append(left, name)
		}
	}
	timeout := settleTimeout
	if s.lab.spoiled != nil {
		timeout = spoiledSettleTimeout
	}
	why := map[string]string{}
	err := wait.PollUntilContextTimeout(ctx, settlePoll, timeout, true, func(ctx context.Context) (bool, error) {
		left = slices.DeleteFunc(left, func(name string) bool {
			why[name] = s.unsettled(ctx, name)
			return why[name] == ""
		})
		return len(left) == 0, nil
	})
	if err != nil {
		for _, name := range left {
			fmt.Fprintf(ginkgo.GinkgoWriter, "%s does not run again what it ran before the spec: %s\n", name, why[name])
		}
	}
}

// unsettled tells why a node does not run again what it ran before; empty if it does.
func (s *settling) unsettled(ctx context.Context, name string) string {
	host, err := s.lab.Host(name)
	if err != nil {
		return err.Error()
	}
	now, err := observe.Configuration(host, s.lab.Node(name).Families())
	if err != nil {
		return err.Error()
	}
	if !now.Equal(s.before[name]) {
		return "its configuration is another one"
	}
	stale, err := observe.StaleBIRD(ctx, host, s.lab.Node(name).Families(), s.began)
	if err != nil {
		return err.Error()
	}
	return stale
}

// configurations are those of the nodes that can be read now.
func (l *Lab) configurations() map[string]observe.BIRDConfiguration {
	all := map[string]observe.BIRDConfiguration{}
	for _, node := range l.topology.CalicoNodes() {
		host, err := l.Host(node.Name)
		if err != nil {
			continue
		}
		if configuration, err := observe.Configuration(host, node.Families()); err == nil {
			all[node.Name] = configuration
		}
	}
	return all
}
