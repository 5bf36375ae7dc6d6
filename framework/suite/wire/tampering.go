package wire

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
)

// DeleteRoute deletes a node's one route to exactly a prefix, as another program on the node
// might. The route is put back when the spec ends.
func DeleteRoute(l *suite.Lab, node string, prefix netip.Prefix) {
	ginkgo.GinkgoHelper()
	tamper(l, node, prefix, func(handle *netlink.Handle, r netlink.Route) error { return handle.RouteDel(&r) })
}

// ChangeNextHop gives a node's one route to exactly a prefix another gateway, in place. The
// route is put back when the spec ends.
func ChangeNextHop(l *suite.Lab, node string, prefix netip.Prefix, gateway netip.Addr) {
	ginkgo.GinkgoHelper()
	tamper(l, node, prefix, func(handle *netlink.Handle, r netlink.Route) error {
		r.Gw = gateway.AsSlice()
		return handle.RouteReplace(&r)
	})
}

// ChangeSource has a node's one route to exactly a prefix prefer another of its addresses, in
// place. The route is put back when the spec ends.
func ChangeSource(l *suite.Lab, node string, prefix netip.Prefix, source netip.Addr) {
	ginkgo.GinkgoHelper()
	tamper(l, node, prefix, func(handle *netlink.Handle, r netlink.Route) error {
		r.Src = source.AsSlice()
		return handle.RouteReplace(&r)
	})
}

func tamper(l *suite.Lab, node string, prefix netip.Prefix, change func(*netlink.Handle, netlink.Route) error) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ChangeInterfaces)
	var original netlink.Route
	ginkgo.DeferCleanup(func() {
		if original.Dst != nil {
			gomega.Expect(onRoutes(l.At(node), func(handle *netlink.Handle) error { return handle.RouteReplace(&original) })).To(gomega.Succeed(), "put back the route of %s to %s", node, prefix)
		}
	})
	gomega.Expect(onRoutes(l.At(node), func(handle *netlink.Handle) error {
		found, err := handle.RouteListFiltered(int(route.FamilyOf(prefix.Addr())), &netlink.Route{Dst: ipNet(prefix)}, netlink.RT_FILTER_DST)
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("%d routes where one is expected: %v", len(found), found)
		}
		original = found[0]
		return change(handle, found[0])
	})).To(gomega.Succeed(), "change the route of %s to %s", node, prefix)
}

func onRoutes(host lab.Host, do func(*netlink.Handle) error) error {
	handle, err := lab.Netlink(host)
	if err != nil {
		return err
	}
	defer handle.Close()
	return do(handle)
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
}
