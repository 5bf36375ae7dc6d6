package observe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// Check names what a Finding is about.
type Check string

// The checks of Foreign.
const (
	// PolicyRules: rules beside the kernel's own three send packets to other tables.
	PolicyRules Check = "policy-rules"
	// OtherTables: routes in tables that nobody compares, in the local table beside those of
	// the host's addresses, or with attributes that Rackproof does not know.
	OtherTables Check = "other-tables"
	// NexthopObjects: nexthop objects of the kernel, to which routes can refer.
	NexthopObjects Check = "nexthop-objects"
	// LocalAddresses: a host takes packets for addresses that the topology does not
	// give it, or has lost one that it gives.
	LocalAddresses Check = "local-addresses"
	// Interfaces: an interface carries other packets than its link in the topology, or
	// gives them to another device.
	Interfaces Check = "interfaces"
	// Forwarding: the kernel drops packets that it is to forward.
	Forwarding Check = "forwarding"
	// KernelSettings: other settings of the kernel that decide about packets.
	KernelSettings Check = "kernel-settings"
	// Neighbours: an address of a link is at another interface than the topology's.
	Neighbours Check = "neighbours"
	// PacketFilters: queueing disciplines, programs on interfaces, and rules of nftables or
	// iptables that are neither Calico's nor kube-proxy's.
	PacketFilters Check = "packet-filters"
	// Transformations: policies and states of IPsec.
	Transformations Check = "transformations"
)

// Finding is something on a host that decides over packets, shows in no route or session,
// and comes neither from the lab nor from Calico or Kubernetes.
type Finding struct {
	Host  string `json:"host"`
	Check Check  `json:"check"`
	// The finding (What), and the command that undoes it (Remedy).
	What   string `json:"what"`
	Remedy string `json:"remedy"`
}

// String is the finding in one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s (to undo it: %s)", f.Host, f.Check, f.What, f.Remedy)
}

// Findings lists findings, one a line.
func Findings(list []Finding) string {
	var lines []string
	for _, f := range list {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// Foreign finds what decides over packets on the lab's hosts and shows in no route or
// session; docs/compared.md has the list. An empty result means that every host was read
// and has nothing of the kind. With an error some hosts could not be read; the findings
// are those of the others.
func Foreign(ctx context.Context, l lab.Lab) ([]Finding, error) {
	var all []Finding
	var failures []error
	var looks []look
	for _, entry := range l.Topology().Hosts {
		if ctx.Err() != nil {
			return all, errors.Join(append(failures, context.Cause(ctx))...)
		}
		host, err := l.Host(entry.Name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		seen, err := foreignOn(host, entry, l.Topology())
		all, looks = append(all, seen.findings...), append(looks, seen)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: look for foreign settings: %w", entry.Name, err))
		}
	}
	return append(all, foreignNeighbours(l.Topology(), looks)...), errors.Join(failures...)
}

// look is what one look at a host gives.
type look struct {
	host     topology.Host
	findings []Finding
	// hardware are the addresses of the topology's interfaces, and neighbours those that
	// the host sends packets for others to.
	hardware   map[netip.Addr]string
	neighbours []neighbour
}

// foreignOn looks at one host. It looks again when a table changed meanwhile.
func foreignOn(host lab.Host, entry topology.Host, t *topology.Topology) (seen look, err error) {
	inside, err := lab.Enter(host)
	if err != nil {
		return look{host: entry}, err
	}
	defer inside.Close()
	for range filterReads {
		if seen, err = lookAt(inside, entry, t); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return seen, err
}

// lookAt looks at one host once. It goes on after a check that fails.
func lookAt(inside namespace.Set, entry topology.Host, t *topology.Topology) (look, error) {
	seen := look{host: entry}
	var failures []error
	take := func(found []Finding, err error) {
		seen.findings = append(seen.findings, found...)
		failures = append(failures, err)
	}
	routing, err := netlink.NewHandleAt(netns.NsHandle(inside.Net.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return seen, fmt.Errorf("open netlink: %w", err)
	}
	defer routing.Close()
	links, err := routing.LinkList()
	if err != nil {
		return seen, fmt.Errorf("list its interfaces: %w", err)
	}
	names := map[int]string{}
	for _, link := range links {
		names[link.Attrs().Index] = link.Attrs().Name
	}
	take(readPolicyRules(routing, entry))
	take(readAddressesAndTables(routing, inside, entry, t, links))
	take(readNexthopObjects(inside, entry))
	take(foreignInterfaces(entry, t, links), nil)
	take(readQueues(routing, entry, names))
	take(readSettings(inside, entry, links))
	take(readTransformations(inside, entry))
	take(readPacketFilters(inside, entry))
	seen.hardware = hardwareAddresses(entry, links)
	seen.neighbours, err = readNeighbours(routing, names)
	failures = append(failures, err)
	return seen, errors.Join(failures...)
}
