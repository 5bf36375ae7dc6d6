package sabotage

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/observe"
)

// lasting is what a defect does from its Put until its Undo.
type lasting struct {
	mu   sync.Mutex
	end  context.CancelFunc
	over chan struct{}
}

// start ends what goes on, and begins again.
func (l *lasting) start(ctx context.Context, do func(context.Context)) {
	l.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	over := make(chan struct{})
	l.end, l.over = end, over
	go func() {
		defer close(over)
		do(life)
	}()
}

// stop ends what goes on, and waits for its end. It reports whether something went on.
func (l *lasting) stop() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end == nil {
		return false
	}
	l.end()
	<-l.over
	l.end = nil
	return true
}

// heldAway deletes a route of a node, and deletes it again as soon as the kernel tells that it is
// back. Its undo fails if the route was there in the end.
func (b *Bench) heldAway(node string, lost *netlink.Route, prefix netip.Prefix, present func(context.Context) error) Spoiling {
	remove := func(context.Context) error {
		return b.withNetlink(node, func(h *netlink.Handle) error {
			if err := h.RouteDel(lost); !errors.Is(err, unix.ESRCH) {
				return err
			}
			return nil
		})
	}
	var holding lasting
	return Spoiling{
		Put: func(ctx context.Context) error {
			watched := make(chan error, 1)
			holding.start(ctx, func(life context.Context) {
				changes, err := observe.WatchRoutes(life, b.Lab)
				watched <- err
				for err == nil {
					select {
					case change := <-changes:
						if change.Host == node && !change.Loses && (change.Missing || change.Prefix == prefix) {
							_ = remove(life) // the proof at the end finds what this leaves
						}
					case <-life.Done():
						return
					}
				}
			})
			if err := <-watched; err != nil {
				return err
			}
			return remove(ctx)
		},
		Undo: func(ctx context.Context) error {
			var proof error
			if holding.stop() {
				if proof = present(ctx); proof != nil {
					proof = fmt.Errorf("the defect was not there in the end: %w", proof)
				}
			}
			return errors.Join(proof, b.withNetlink(node, func(h *netlink.Handle) error { return h.RouteReplace(lost) }))
		},
		Present: present,
	}
}
