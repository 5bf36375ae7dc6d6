package observe

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// readTransformations finds policies and states of IPsec (ip-xfrm(8)), by which a kernel
// encrypts, redirects or blocks packets after it has found their route.
func readTransformations(inside namespace.Set, host topology.Host) ([]Finding, error) {
	handle, err := netlink.NewHandleAt(netns.NsHandle(inside.Net.Fd()), unix.NETLINK_XFRM)
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil, nil // the kernel has no IPsec
	}
	if err != nil {
		return nil, fmt.Errorf("open netlink for IPsec: %w", err)
	}
	defer handle.Close()
	policies, err := handle.XfrmPolicyList(netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list its IPsec policies: %w", err)
	}
	var found []Finding
	for _, p := range policies {
		found = append(found, Finding{
			Host: host.Name, Check: Transformations,
			What:   fmt.Sprintf("an IPsec policy (%s) decides over packets from %v to %v in direction %s", p.Action, p.Src, p.Dst, p.Dir),
			Remedy: "ip xfrm policy flush",
		})
	}
	states, err := handle.XfrmStateList(netlink.FAMILY_ALL)
	if err != nil {
		return found, fmt.Errorf("list its IPsec states: %w", err)
	}
	for _, s := range states {
		found = append(found, Finding{
			Host: host.Name, Check: Transformations,
			What: fmt.Sprintf("an IPsec state transforms packets from %s to %s", s.Src, s.Dst), Remedy: "ip xfrm state flush",
		})
	}
	return found, nil
}
