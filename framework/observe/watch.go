package observe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// subscribePoll is the interval of attempts to watch a host's routes again.
const subscribePoll = 100 * time.Millisecond

// RouteChange is a change of the main table of a host.
type RouteChange struct {
	Host string
	// Missing says that changes of the host are unknown. Otherwise the host gains or loses
	// the route to Prefix.
	Missing, Loses bool
	Prefix         netip.Prefix
	// Text describes the change: the host gains a route, which may replace another one, or
	// loses it.
	Text string
}

// String is the change in one line.
func (c RouteChange) String() string { return c.Text }

// WatchRoutes subscribes to the changes of the main tables of all hosts of a lab, until
// ctx is done. The kernel drops changes that are not read in time, and the subscription
// with them: then a change says that others are missing, and the watch goes on.
func WatchRoutes(ctx context.Context, l lab.Lab) (<-chan RouteChange, error) {
	changes := make(chan RouteChange)
	for _, h := range l.Topology().Hosts {
		host, err := l.Host(h.Name)
		if err != nil {
			return nil, err
		}
		first, err := subscribe(ctx, host)
		if err != nil {
			return nil, err
		}
		go watch(ctx, host, first, changes)
	}
	return changes, nil
}

// subscription is one to the routes of a host.
type subscription struct {
	updates chan netlink.RouteUpdate
	// failed has why it ended, if it ended before its context.
	failed chan error
	cancel context.CancelFunc
}

func subscribe(ctx context.Context, host lab.Host) (subscription, error) {
	set, err := lab.Enter(host)
	if err != nil {
		return subscription{}, err
	}
	defer set.Close()
	namespace := netns.NsHandle(set.Net.Fd())
	ctx, cancel := context.WithCancel(ctx)
	s := subscription{updates: make(chan netlink.RouteUpdate), failed: make(chan error, 1), cancel: cancel}
	err = netlink.RouteSubscribeWithOptions(s.updates, ctx.Done(), netlink.RouteSubscribeOptions{
		Namespace: &namespace,
		ErrorCallback: func(err error) {
			select {
			case s.failed <- err:
			default: // the first one is the cause
			}
		},
	})
	if err != nil {
		cancel()
		return subscription{}, fmt.Errorf("%s: watch its routes: %w", host.Name(), err)
	}
	return s, nil
}

// watch tells changes until ctx is done, by one subscription after the other.
func watch(ctx context.Context, host lab.Host, s subscription, changes chan<- RouteChange) {
	for {
		err := forward(ctx, host.Name(), s, changes)
		s.cancel()
		if ctx.Err() != nil {
			return
		}
		tell(ctx, changes, RouteChange{Host: host.Name(), Missing: true, Text: fmt.Sprintf("%s: changes of its routes are missing: %v", host.Name(), err)})
		for s, err = subscribe(ctx, host); err != nil; s, err = subscribe(ctx, host) {
			select {
			case <-time.After(subscribePoll):
			case <-ctx.Done():
				return
			}
		}
	}
}

// prefixOf is the destination of a route; invalid for a default route, which has none.
func prefixOf(r netlink.Route) netip.Prefix {
	if r.Dst == nil {
		return netip.Prefix{}
	}
	address, _ := netip.AddrFromSlice(r.Dst.IP)
	bits, _ := r.Dst.Mask.Size()
	return netip.PrefixFrom(address.Unmap(), bits)
}

// errEnded is a subscription that ended without a reason.
var errEnded = errors.New("the subscription ended")

// forward tells the changes of one subscription, and why it ended.
func forward(ctx context.Context, host string, s subscription, changes chan<- RouteChange) error {
	for update := range s.updates {
		if update.Table != unix.RT_TABLE_MAIN {
			continue
		}
		verb := "gains"
		if update.Type == unix.RTM_DELROUTE {
			verb = "loses"
		}
		tell(ctx, changes, RouteChange{
			Host: host, Loses: update.Type == unix.RTM_DELROUTE, Prefix: prefixOf(update.Route), Text: fmt.Sprintf("%s %s %s", host, verb, update.Route),
		})
	}
	select {
	case err := <-s.failed:
		return err
	default:
		return errEnded
	}
}

func tell(ctx context.Context, changes chan<- RouteChange, change RouteChange) {
	select {
	case changes <- change:
	case <-ctx.Done():
	}
}
