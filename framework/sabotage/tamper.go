package sabotage

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/topology"
)

// withNetlink calls a function with rtnetlink in a host's network namespace.
func (b *Bench) withNetlink(host string, do func(*netlink.Handle) error) error {
	at, err := b.Lab.Host(host)
	if err != nil {
		return err
	}
	handle, err := lab.Netlink(at)
	if err != nil {
		return err
	}
	defer handle.Close()
	return do(handle)
}

// extraRoutes adds routes to hosts' tables that nobody announces.
func (b *Bench) extraRoutes(routes ...extraRoute) Spoiling {
	each := func(do func(*netlink.Handle, *netlink.Route) error) func(context.Context) error {
		return func(context.Context) error {
			for _, r := range routes {
				err := b.withNetlink(r.host, func(h *netlink.Handle) error {
					converted, err := r.convert(h)
					if err != nil {
						return err
					}
					return do(h, converted)
				})
				if err != nil {
					return fmt.Errorf("%s: %s: %w", r.host, r.prefix, err)
				}
			}
			return nil
		}
	}
	return Spoiling{
		Target: fmt.Sprintf("%s to %s", routes[0].host, routes[0].prefix),
		Put:    each(func(h *netlink.Handle, r *netlink.Route) error { return h.RouteReplace(r) }),
		Undo: each(func(h *netlink.Handle, r *netlink.Route) error {
			if err := h.RouteDel(r); err != nil && err != unix.ESRCH { //nolint:errorlint // netlink returns the number itself
				return err
			}
			return nil
		}),
		Present: func(context.Context) error {
			for _, r := range routes {
				if err := b.seesRoute(r.host, func(seen route.Route) bool {
					return seen.Prefix == r.prefix && seen.Kind == r.kind && seen.Origin == r.origin()
				}); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// extraRoute is a route that is added to a host's main table.
type extraRoute struct {
	host   string
	prefix netip.Prefix
	kind   route.Kind
	// via is the next hop of a unicast route.
	via netip.Addr
	// from is who seems to have made it; static if nobody is named.
	from route.Origin
}

func (r extraRoute) origin() route.Origin {
	if r.from == 0 {
		return route.OriginStatic
	}
	return r.from
}

func (r extraRoute) convert(h *netlink.Handle) (*netlink.Route, error) {
	converted := &netlink.Route{Dst: ipNet(r.prefix), Protocol: netlink.RouteProtocol(r.origin()), Table: unix.RT_TABLE_MAIN}
	switch r.kind {
	case route.Blackhole:
		converted.Type = unix.RTN_BLACKHOLE
	case route.Unreachable:
		converted.Type = unix.RTN_UNREACHABLE
	default:
		converted.Type, converted.Gw = unix.RTN_UNICAST, r.via.AsSlice()
		ways, err := h.RouteGet(r.via.AsSlice())
		if err != nil {
			return nil, fmt.Errorf("find the way to %s: %w", r.via, err)
		}
		converted.LinkIndex = ways[0].LinkIndex
	}
	return converted, nil
}

// seesRoute looks for a route in a host's main table.
func (b *Bench) seesRoute(host string, is func(route.Route) bool) error {
	at, err := b.Lab.Host(host)
	if err != nil {
		return err
	}
	table, err := observe.KernelTable(at, []route.Family{route.IPv4})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(table, is) {
		return fmt.Errorf("%s has no such route", host)
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// filterRule adds a rule of iptables to hosts, at the beginning of a chain.
func (b *Bench) filterRule(target, table, chain string, hosts []topology.Host, rule ...string) (Spoiling, error) {
	for _, host := range hosts {
		at, err := b.Lab.Host(host.Name)
		if err != nil {
			return Spoiling{}, err
		}
		if _, err := lab.RunnerOf(at); err != nil {
			return Spoiling{}, NoTarget("%v", err)
		}
	}
	rule = append([]string{"-m", "comment", "--comment", ruleMark}, rule...)
	do := func(ctx context.Context, host, action string) error {
		_, err := b.run(ctx, host, append([]string{"iptables", "-w", "-t", table, action, chain}, rule...)...)
		return err
	}
	return Spoiling{
		Target: target,
		Put: func(ctx context.Context) error {
			for _, host := range hosts {
				if err := do(ctx, host.Name, "-I"); err != nil {
					return err
				}
			}
			return nil
		},
		Undo: func(ctx context.Context) error {
			for _, host := range hosts {
				for do(ctx, host.Name, "-C") == nil {
					if err := do(ctx, host.Name, "-D"); err != nil {
						return err
					}
				}
			}
			return nil
		},
		Present: func(ctx context.Context) error {
			for _, host := range hosts {
				if err := do(ctx, host.Name, "-C"); err != nil {
					return err
				}
			}
			return nil
		},
		Met: func(ctx context.Context) (bool, error) {
			for _, host := range hosts {
				text, err := b.run(ctx, host.Name, "iptables-save", "-c", "-t", table)
				if err != nil {
					return false, err
				}
				if metRules(text) > 0 {
					return true, nil
				}
			}
			return false, nil
		},
	}, nil
}

// ruleMark is the comment of a defect's rules of iptables.
const ruleMark = "rackproof-sabotage"

// metRules is how many packets have met the rules of defects, in what iptables-save prints
// with counters: [packets:bytes] -A chain …
func metRules(saved []byte) uint64 {
	var met uint64
	for line := range strings.Lines(string(saved)) {
		counters, rule, ok := strings.Cut(strings.TrimPrefix(line, "["), "] -A ")
		if !ok || !strings.Contains(rule, ruleMark) {
			continue
		}
		packets, _, _ := strings.Cut(counters, ":")
		number, err := strconv.ParseUint(packets, 10, 64)
		if err != nil {
			continue
		}
		met += number
	}
	return met
}

// setting changes a kernel parameter of a host.
func (b *Bench) setting(host topology.Host, name, value string) (Spoiling, error) {
	before, err := b.run(context.Background(), host.Name, "sysctl", "-n", name)
	if err != nil {
		return Spoiling{}, err
	}
	was := strings.TrimSpace(string(before))
	set := func(ctx context.Context, value string) error {
		_, err := b.run(ctx, host.Name, "sysctl", "-q", "-w", name+"="+value)
		return err
	}
	return Spoiling{
		Target: name + " on " + host.Name,
		Put:    func(ctx context.Context) error { return set(ctx, value) },
		Undo:   func(ctx context.Context) error { return set(ctx, was) },
		Present: func(ctx context.Context) error {
			now, err := b.run(ctx, host.Name, "sysctl", "-n", name)
			if err == nil && strings.TrimSpace(string(now)) != value {
				err = fmt.Errorf("%s: %s is %s", host.Name, name, strings.TrimSpace(string(now)))
			}
			return err
		},
	}, nil
}

// Where confd writes BIRD's configuration, and the files that it has.
const (
	configurationFolder = "/etc/calico/confd/config/"
	birdFile            = "bird.cfg"
	aggregationFile     = "bird_aggr.cfg"
	filterFile          = "bird_ipam.cfg"
)

// editMark begins a file that a defect has edited. confd drops it with the defect.
const editMark = "# edited by a defect of a sabotage run"

// edited changes the configuration that a node's BIRD runs, beside confd: a script of sed
// for its file, and a look for a text in the file. It keeps the file that confd wrote last.
func (b *Bench) edited(node topology.Host, file, script string, shows string) Spoiling {
	path, kept := configurationFolder+file, "/run/"+file+".before-sabotage"
	shell := func(ctx context.Context, script string, arguments ...string) error {
		if _, err := b.run(ctx, node.Name, append([]string{"sh", "-ec", script, "edit"}, arguments...)...); err != nil {
			return err
		}
		return b.withBIRD(ctx, node.Name, func(client *bird.Client) error { return client.Configure(ctx) })
	}
	return Spoiling{
		Target: "BIRD on " + node.Name,
		Put: func(ctx context.Context) error {
			return shell(ctx, `grep -qF "$1" "$2" || { cp -p "$2" "$3"; sed -i -e "$4" "$2"; sed -i "1i $1" "$2"; }`, editMark, path, kept, script)
		},
		Undo: func(ctx context.Context) error {
			return shell(ctx, `if grep -qF "$1" "$2"; then mv "$3" "$2"; else rm -f "$3"; fi`, editMark, path, kept)
		},
		Present: func(ctx context.Context) error {
			text, err := b.run(ctx, node.Name, "cat", path)
			if err == nil && !strings.Contains(string(text), shows) {
				err = fmt.Errorf("%s: %s does not have %q", node.Name, path, shows)
			}
			return err
		},
	}
}

// prefixInSed is a prefix in a regular expression of sed.
func prefixInSed(prefix netip.Prefix) string {
	return strings.ReplaceAll(prefix.String(), "/", `\/`)
}

// originateScript has BIRD make a static route to a prefix, and its export filter do
// something with exactly that prefix: accept or reject.
func originateScript(prefix netip.Prefix, how, export string) string {
	return fmt.Sprintf(`/^protocol static/a\   route %s %s;
/^function calico_aggr/,/^{/s/^{/{ if ( net = %s ) then { %s; }/`, prefix, how, prefixInSed(prefix), export)
}

// kernelScript has the filter towards the kernel accept or reject exactly a prefix.
func kernelScript(prefix netip.Prefix, how string) string {
	return fmt.Sprintf(`/^filter calico_kernel_programming/a\  if ( net = %s ) then { %s; }`, prefix, how)
}
