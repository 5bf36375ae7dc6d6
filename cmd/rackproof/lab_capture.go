package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	// mostCaptured and longestCapture bound a capture, as they bound observe.Capture.
	mostCaptured   = 100_000
	longestCapture = 2 * time.Minute
	// capturePoll is how often packets are printed that have come.
	capturePoll = 100 * time.Millisecond
)

// captureOptions are what `lab capture` records.
type captureOptions struct {
	count   int
	during  time.Duration
	file    string
	address netip.Addr
	port    uint16
}

func newLabCaptureCommand() *cobra.Command {
	options := captureOptions{count: 100, during: 10 * time.Second}
	command := &cobra.Command{
		Use:   "capture HOST LINK",
		Short: "Record packets on a host's link",
		Long: "Record the packets that pass an interface of a host, until there are --count of them or --for is over,\n" +
			"and print each in a line: time, direction, source, destination and what is in the headers, of a packet\n" +
			"in a tunnel those of both. HOST is a host, or a pod as NAMESPACE/POD; LINK is a link of the topology or\n" +
			"an interface. With --file whole frames go to a file that tcpdump and Wireshark read; - stands for\n" +
			"standard output.",
		Example: "  rackproof lab capture leaf0 leaf0-spine0\n" +
			"  rackproof lab capture worker net0 --address 10.1.100.10 --count 10\n" +
			"  rackproof lab capture worker vxlan.calico --for 30s\n" +
			"  rackproof lab capture leaf0 eth1 --port 179 --file bgp.pcap\n" +
			"  rackproof lab capture leaf0 eth1 --file - | tcpdump -n -r -",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name a host and one of its links")
			}
			return options.check()
		},
	}
	flags := command.Flags()
	flags.IntVarP(&options.count, "count", "c", options.count, "how many packets at most")
	flags.DurationVar(&options.during, "for", options.during, "how long at most")
	flags.StringVar(&options.file, "file", "", "write whole frames to this file, in tcpdump's format")
	flags.TextVar(&options.address, "address", netip.Addr{}, "only packets from or to this address")
	flags.Uint16Var(&options.port, "port", 0, "only packets from or to this TCP or UDP port")
	name := nameFlag(command)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		host, err := placeOf(command.Context(), l, arguments[0])
		if err != nil {
			return err
		}
		interfaceName, err := interfaceOf(l.Topology(), arguments[0], arguments[1])
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), options.during)
		defer cancel()
		record := options.print
		if options.file != "" {
			record = options.dump
		}
		count, err := record(ctx, host, interfaceName, command.OutOrStdout())
		fmt.Fprintf(command.ErrOrStderr(), "%d packets on %s of %s\n", count, interfaceName, arguments[0])
		return err
	}
	return command
}

func (o captureOptions) check() error {
	switch {
	case o.count < 1 || o.count > mostCaptured:
		return fmt.Errorf("--count %d: take 1 to %d", o.count, mostCaptured)
	case o.during <= 0 || o.during >= longestCapture:
		return fmt.Errorf("--for %s: take more than 0 and less than %s", o.during, longestCapture)
	}
	return nil
}

// interfaceOf is the interface of a host at a link of the topology, or that of the given
// name.
func interfaceOf(t *topology.Topology, hostName, name string) (string, error) {
	host, ok := t.Host(hostName)
	if !ok {
		return name, nil // a pod, or where the control plane runs
	}
	for _, i := range host.Interfaces {
		if i.Link == name {
			return i.Name, nil
		}
	}
	if link, ok := t.Link(name); ok {
		var links []string
		for _, i := range host.Interfaces {
			links = append(links, i.Link)
		}
		return "", fmt.Errorf("%s is not on link %s: it is on %s", hostName, link.Name, strings.Join(links, ", "))
	}
	return name, nil
}

// passes reports whether a packet is one of those that are asked for, by its own header
// or by the one around it.
func (o captureOptions) passes(p observe.Packet) bool {
	outer := p.Outermost()
	ends := []netip.Addr{p.Source, p.Destination, outer.Source, outer.Destination}
	return (!o.address.IsValid() || slices.Contains(ends, o.address)) &&
		(o.port == 0 || p.SourcePort == o.port || p.DestinationPort == o.port)
}

// print prints packets as they come.
func (o captureOptions) print(ctx context.Context, host lab.Host, interfaceName string, out io.Writer) (int, error) {
	capture, err := observe.NewCapture(context.WithoutCancel(ctx), host, interfaceName, o.passes)
	if err != nil {
		return 0, err
	}
	printed := 0
	show := func(packets []observe.Packet) error {
		for _, p := range packets[printed:min(len(packets), o.count)] {
			if _, err := fmt.Fprintln(out, p); err != nil {
				return err
			}
			printed++
		}
		return nil
	}
	ticker := time.NewTicker(capturePoll)
	defer ticker.Stop()
	for {
		if err := show(capture.Seen()); err != nil {
			_, _ = capture.Stop()
			return printed, err
		}
		if printed == o.count {
			_, _ = capture.Stop() // what is missing came later
			return printed, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			packets, err := capture.Stop()
			err = errors.Join(show(packets), err)
			return printed, err
		}
	}
}

// dump writes frames to a file.
func (o captureOptions) dump(ctx context.Context, host lab.Host, interfaceName string, out io.Writer) (count int, err error) {
	if o.file != "-" {
		file, err := os.Create(o.file)
		if err != nil {
			return 0, fmt.Errorf("write frames: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	filter := o.passes
	if !o.address.IsValid() && o.port == 0 {
		filter = nil // also what carries no IP
	}
	return observe.Dump(ctx, host, interfaceName, out, o.count, filter, func() {})
}
