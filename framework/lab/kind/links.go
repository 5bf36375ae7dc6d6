package kind

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// poll is the interval of waits for which there is no event.
const poll = 100 * time.Millisecond

// makeBridges makes the bridges of a topology in the switches' network namespace.
func (l *Lab) makeBridges(t *topology.Topology) error {
	return l.withNetlink(l.switches, func(handle *netlink.Handle) error {
		for _, link := range t.Links {
			if !link.Bridge {
				continue
			}
			bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: link.Name, MTU: link.MTU, TxQLen: -1}}
			if err := handle.LinkAdd(bridge); err != nil {
				return fmt.Errorf("make bridge %s: %w", link.Name, err)
			}
			if err := handle.LinkSetUp(bridge); err != nil {
				return fmt.Errorf("bring bridge %s up: %w", link.Name, err)
			}
		}
		return setKernel(l.switches, "")
	})
}

// configureHosts gives all hosts, whose links are there, their kernel settings,
// addresses and default routes.
func (l *Lab) configureHosts(ctx context.Context) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for _, entry := range l.record.Topology.Hosts {
		tasks.Go(func() error {
			h, err := l.host(entry.Name)
			if err != nil {
				return err
			}
			if entry.Role == topology.Node {
				if err := waitForInit(ctx, h); err != nil {
					return fmt.Errorf("%s: %w", entry.Name, err)
				}
			}
			if err := l.configure(h, entry); err != nil {
				return fmt.Errorf("%s: %w", entry.Name, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

// waitForInit waits until a node's systemd runs: before, kind's entrypoint takes the
// default route for the way to Docker's name server.
func waitForInit(ctx context.Context, h *host) error {
	err := wait.PollUntilContextCancel(ctx, poll, true, func(context.Context) (bool, error) {
		name, err := os.ReadFile(path.Join(h.proc, "comm"))
		return strings.TrimSpace(string(name)) == "systemd", err
	})
	if err != nil {
		return fmt.Errorf("wait for its systemd: %w", err)
	}
	return nil
}

// configure configures a host whose links are there. The addresses come last, as the
// kubelet waits for a node's.
func (l *Lab) configure(h *host, entry topology.Host) error {
	if err := setKernel(h, entry.Role); err != nil {
		return err
	}
	return l.withNetlink(h, func(handle *netlink.Handle) error {
		for _, port := range entry.Interfaces {
			link, err := handle.LinkByName(port.Name)
			if err != nil {
				return fmt.Errorf("find %s: %w", port.Name, err)
			}
			for _, address := range port.Addresses {
				if err := handle.AddrReplace(link, &netlink.Addr{IPNet: ipNet(address)}); err != nil {
					return fmt.Errorf("give %s address %s: %w", port.Name, address, err)
				}
			}
			if err := handle.LinkSetUp(link); err != nil {
				return fmt.Errorf("bring %s up: %w", port.Name, err)
			}
		}
		// On nodes it takes the place of Docker's, by the management network.
		return labinit.SetDefaultRoutes(handle, entry)
	})
}

// setKernel sets a host's kernel settings, also on interfaces that are there: they
// began with those of the machine.
func setKernel(h *host, role topology.Role) error {
	network, err := os.Open(h.netPath())
	if err != nil {
		return err
	}
	defer network.Close()
	return namespace.Set{Net: network}.Do(func() error {
		interfaces, err := net.Interfaces()
		if err != nil {
			return fmt.Errorf("list its interfaces: %w", err)
		}
		for key, value := range hostkernel.Settings(h.name, role) {
			keys := []string{key}
			if strings.Contains(key, "/conf/default/") {
				for _, each := range interfaces {
					keys = append(keys, strings.Replace(key, "/conf/default/", "/conf/"+each.Name+"/", 1))
				}
			}
			for _, key := range keys {
				err := os.WriteFile(path.Join("/proc/sys", key), []byte(value), 0o644)
				if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(key, "net/ipv6/") {
					continue // a kernel without IPv6
				}
				if err != nil {
					return fmt.Errorf("set %s to %s: %w", key, value, err)
				}
			}
		}
		return nil
	})
}

// withNetlink opens netlink on a host for the time of a call.
func (l *Lab) withNetlink(h *host, use func(*netlink.Handle) error) error {
	network, err := h.NetworkNamespace()
	if err != nil {
		return err
	}
	defer network.Close()
	handle, err := netlink.NewHandleAt(network, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("%s: open netlink: %w", h.name, err)
	}
	defer handle.Close()
	return use(handle)
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
