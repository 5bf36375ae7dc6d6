// Package link cuts and restores the links of a lab whose hosts have network
// namespaces that can be entered.
package link

import (
	"context"
	"fmt"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/topology"
)

// Links are those of a lab.
type Links struct{ Lab lab.Lab }

var _ interface {
	lab.LinkCutter
	lab.EndCutter
} = Links{}

// CutLink implements lab.LinkCutter: both ends go down, as when a cable is
// pulled and both interfaces lose their carrier.
func (l Links) CutLink(ctx context.Context, name string) error {
	return l.eachEnd(ctx, name, "cut", (*netlink.Handle).LinkSetDown)
}

// RestoreLink implements lab.LinkCutter.
func (l Links) RestoreLink(ctx context.Context, name string) error {
	if err := l.eachEnd(ctx, name, "restore", (*netlink.Handle).LinkSetUp); err != nil {
		return err
	}
	link, _ := l.Lab.Topology().Link(name)
	for _, end := range link.Ends {
		if err := l.restoreDefaultRoute(end.Host); err != nil {
			return fmt.Errorf("lab %s: %s: restore its default route: %w", l.Lab.Name(), end.Host, err)
		}
	}
	return nil
}

// CutEnd implements lab.EndCutter: the host's interface goes down. On a link of two
// ends the other end would lose its carrier too and yet keep its address, which is
// neither a cut link nor a whole one.
func (l Links) CutEnd(ctx context.Context, link, host string) error {
	return l.oneEnd(ctx, link, host, "cut", (*netlink.Handle).LinkSetDown)
}

// RestoreEnd implements lab.EndCutter.
func (l Links) RestoreEnd(ctx context.Context, link, host string) error {
	if err := l.oneEnd(ctx, link, host, "restore", (*netlink.Handle).LinkSetUp); err != nil {
		return err
	}
	if err := l.restoreDefaultRoute(host); err != nil {
		return fmt.Errorf("lab %s: %s: restore its default route: %w", l.Lab.Name(), host, err)
	}
	return nil
}

func (l Links) oneEnd(_ context.Context, name, host, what string, set func(*netlink.Handle, netlink.Link) error) error {
	link, ok := l.Lab.Topology().Link(name)
	if !ok {
		return fmt.Errorf("lab %s: %s link %s at %s: the topology has no such link", l.Lab.Name(), what, name, host)
	}
	if !link.Bridge {
		return fmt.Errorf("lab %s: %s link %s at %s: it has two ends only: %s the link", l.Lab.Name(), what, name, host, what)
	}
	end, ok := link.End(host)
	if !ok {
		return fmt.Errorf("lab %s: %s link %s at %s: the host is not on it", l.Lab.Name(), what, name, host)
	}
	if err := l.atEnd(end, set); err != nil {
		return fmt.Errorf("lab %s: %s link %s at %s:%s: %w", l.Lab.Name(), what, name, end.Host, end.Name, err)
	}
	return nil
}

// restoreDefaultRoute gives a host its default routes again, which the kernel
// takes away with the link that they lead over.
func (l Links) restoreDefaultRoute(name string) error {
	host, ok := l.Lab.Topology().Host(name)
	if !ok {
		return nil
	}
	return l.withNetlink(name, func(handle *netlink.Handle) error { return labinit.SetDefaultRoutes(handle, *host) })
}

func (l Links) eachEnd(_ context.Context, name, what string, set func(*netlink.Handle, netlink.Link) error) error {
	link, ok := l.Lab.Topology().Link(name)
	if !ok {
		return fmt.Errorf("lab %s: %s link %s: the topology has no such link", l.Lab.Name(), what, name)
	}
	for _, end := range link.Ends {
		if err := l.atEnd(end, set); err != nil {
			return fmt.Errorf("lab %s: %s link %s at %s:%s: %w", l.Lab.Name(), what, name, end.Host, end.Name, err)
		}
	}
	return nil
}

func (l Links) atEnd(end topology.Interface, set func(*netlink.Handle, netlink.Link) error) error {
	return l.withNetlink(end.Host, func(handle *netlink.Handle) error {
		link, err := handle.LinkByName(end.Name)
		if err != nil {
			return err
		}
		return set(handle, link)
	})
}

// withNetlink opens netlink on a host for the time of a call.
func (l Links) withNetlink(name string, use func(*netlink.Handle) error) error {
	host, err := l.Lab.Host(name)
	if err != nil {
		return err
	}
	handle, err := lab.Netlink(host)
	if err != nil {
		return err
	}
	defer handle.Close()
	return use(handle)
}
