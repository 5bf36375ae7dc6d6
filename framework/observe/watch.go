package observe

import (
	"context"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// WatchRoutes subscribes to the changes of the main tables of all hosts of a lab.
// The channel has one line for each change, until ctx is done.
func WatchRoutes(ctx context.Context, l lab.Lab) (<-chan string, error) {
	changes := make(chan string)
	for _, h := range l.Topology().Hosts {
		host, err := l.Host(h.Name)
		if err != nil {
			return nil, err
		}
		namespace, err := host.NetworkNamespace()
		if err != nil {
			return nil, err
		}
		updates := make(chan netlink.RouteUpdate)
		err = netlink.RouteSubscribeAt(namespace, updates, ctx.Done())
		_ = namespace.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: watch its routes: %w", h.Name, err)
		}
		go forward(ctx, h.Name, updates, changes)
	}
	return changes, nil
}

func forward(ctx context.Context, host string, updates <-chan netlink.RouteUpdate, changes chan<- string) {
	for update := range updates {
		if update.Table != unix.RT_TABLE_MAIN {
			continue
		}
		verb := "gains"
		if update.Type == unix.RTM_DELROUTE {
			verb = "loses"
		}
		select {
		case changes <- fmt.Sprintf("%s %s %s", host, verb, update.Route):
		case <-ctx.Done():
		}
	}
}
