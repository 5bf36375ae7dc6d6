package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	// mostProbes bounds what one command sends.
	mostProbes = 10_000
	// longestProbe bounds how long it waits for each answer.
	longestProbe = time.Minute
)

// probeOptions are what `lab probe` sends.
type probeOptions struct {
	count, parallel int
	within          time.Duration
	connect         bool
}

func newLabProbeCommand() *cobra.Command {
	options := probeOptions{count: 1, parallel: 16, within: probe.Timeout}
	command := &cobra.Command{
		Use:   "probe FROM TO",
		Short: "Try connections or pings from a host or a pod to an address",
		Long: "Send traffic in a lab and tell what became of it. FROM is a host, or a pod as NAMESPACE/POD. TO is an\n" +
			"address, which is pinged, or ADDRESS:PORT, where a netexec server is asked for its host name and for\n" +
			"the address that it sees its client at. A host's name stands for its first address. Servers other than\n" +
			"netexec can be tried by --connect, which makes the connection and nothing more.\n\n" +
			"Every connection has a source port of its own, so that a number of them shows how a fabric spreads\n" +
			"flows. The exit status is 0 if all were answered, and 1 if not.",
		Example: "  rackproof lab probe client 10.1.5.10\n" +
			"  rackproof lab probe client 192.168.4.10:80 --count 256\n" +
			"  rackproof lab probe default/app-x7k2p worker2 --count 3\n" +
			"  rackproof lab probe worker control-plane:179 --connect -o json | jq .summary",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name a host or a pod, and an address")
			}
			return options.check()
		},
	}
	flags := command.Flags()
	flags.IntVarP(&options.count, "count", "c", options.count, "how many connections or pings")
	flags.IntVar(&options.parallel, "parallel", options.parallel, "how many connections at a time; pings are sent one after the other")
	flags.DurationVar(&options.within, "within", options.within, "how long to wait for each answer")
	flags.BoolVar(&options.connect, "connect", false, "make a TCP connection and send nothing on it")
	name := nameFlag(command)
	output := formatFlag(command, formatTable, formatJSON)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		to, err := parseTarget(l.Topology(), arguments[1])
		if err != nil {
			return err
		}
		if options.connect && to.Port() == 0 {
			return fmt.Errorf("--connect to %s: add the port, as in %s:80", arguments[1], arguments[1])
		}
		from, err := placeOf(command.Context(), l, arguments[0])
		if err != nil {
			return err
		}
		tried, err := options.send(command.Context(), from, to)
		if err != nil {
			return err
		}
		result := resultOfProbes(arguments[0], to, tried)
		if *output == formatJSON {
			err = writeJSON(command.OutOrStdout(), result)
		} else {
			err = result.writeText(command.OutOrStdout())
		}
		if err == nil && result.Answered < len(tried) {
			err = exitStatus(exitFailure)
		}
		return err
	}
	return command
}

func (o probeOptions) check() error {
	switch {
	case o.count < 1 || o.count > mostProbes:
		return fmt.Errorf("--count %d: take 1 to %d", o.count, mostProbes)
	case o.parallel < 1:
		return fmt.Errorf("--parallel %d: take 1 or more", o.parallel)
	case o.within <= 0 || o.within > longestProbe:
		return fmt.Errorf("--within %s: take more than 0 and %s at most", o.within, longestProbe)
	}
	return nil
}

// parseTarget reads an address, or the name of a host for its first address, with a port or
// without, which is 0 then.
func parseTarget(t *topology.Topology, text string) (netip.AddrPort, error) {
	if to, err := netip.ParseAddrPort(text); err == nil {
		return to, checkTarget(to, text)
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(address, 0), checkTarget(netip.AddrPortFrom(address, 1), text)
	}
	name, port, withPort := strings.Cut(text, ":")
	host, ok := t.Host(name)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is neither an address nor a host of the topology: write it as in 10.1.5.10, 10.1.5.10:80 or worker:80", text)
	}
	if !withPort {
		return netip.AddrPortFrom(host.Address(), 0), nil
	}
	to, err := netip.ParseAddrPort(host.Address().String() + ":" + port)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q: %q is no port: take 1 to 65535", text, port)
	}
	return to, checkTarget(to, text)
}

func checkTarget(to netip.AddrPort, text string) error {
	switch {
	case to.Port() == 0:
		return fmt.Errorf("%q: 0 is no port: take 1 to 65535", text)
	case !to.Addr().Is4():
		return fmt.Errorf("%q is no IPv4 address: labs have no others", text)
	}
	return nil
}

// send sends what the options ask for and returns what became of it, in the order in which
// it was begun.
func (o probeOptions) send(ctx context.Context, from lab.Host, to netip.AddrPort) ([]probe.Tried, error) {
	one, parallel := probe.Question, o.parallel
	switch {
	case to.Port() == 0:
		// A kernel sends few ICMP errors at a time (icmp_ratelimit).
		parallel = 1
		one = func(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration) (probe.Tried, error) {
			return probe.Ping(ctx, from, to.Addr(), within)
		}
	case o.connect:
		one = probe.Connect
	}
	all := make([]probe.Tried, o.count)
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(parallel)
	for i := range all {
		tasks.Go(func() (err error) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			all[i], err = one(ctx, from, to, o.within)
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}
