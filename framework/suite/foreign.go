package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
)

// AddBlackhole gives a node a route that drops packets to a prefix, as an administrator
// would, until the spec ends. The oracle expects it, and what Calico makes of it.
func (l *Lab) AddBlackhole(_ context.Context, node string, prefix netip.Prefix) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ChangeInterfaces)
	ginkgo.DeferCleanup(func(ginkgo.SpecContext) { succeed(l.removeForeign(), "remove foreign routes") })
	l.foreign[node] = append(l.foreign[node], route.Route{Prefix: prefix, Kind: route.Blackhole, Origin: route.OriginStatic})
	succeed(inKernel(l.At(node), prefix, (*netlink.Handle).RouteAdd), "add a route to %s on %s", prefix, node)
}

// removeForeign undoes AddBlackhole.
func (l *Lab) removeForeign() error {
	var errs []error
	for node, routes := range l.foreign {
		host, err := l.Host(node)
		for i := 0; err == nil && i < len(routes); i++ {
			if err = inKernel(host, routes[i].Prefix, (*netlink.Handle).RouteDel); errors.Is(err, unix.ESRCH) {
				err = nil // it is gone already
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: remove a foreign route: %w", node, err))
		}
	}
	clear(l.foreign)
	return errors.Join(errs...)
}

// inKernel adds or deletes a route that drops packets.
func inKernel(host lab.Host, prefix netip.Prefix, change func(*netlink.Handle, *netlink.Route) error) error {
	handle, err := lab.Netlink(host)
	if err != nil {
		return err
	}
	defer handle.Close()
	return change(handle, &netlink.Route{
		Dst:   &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())},
		Table: unix.RT_TABLE_MAIN, Type: unix.RTN_BLACKHOLE, Protocol: unix.RTPROT_STATIC,
	})
}
