package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// Check names what a Finding is about.
type Check string

// The checks of Foreign.
const (
	// PolicyRules: rules beside the kernel's own three send packets to other tables.
	PolicyRules Check = "policy-rules"
	// LocalAddresses: a host takes packets for addresses that the topology does not
	// give it, or has lost one that it gives.
	LocalAddresses Check = "local-addresses"
	// Forwarding: the kernel drops packets that it is to forward.
	Forwarding Check = "forwarding"
	// PacketFilters: queueing disciplines, and rules of nftables or iptables that are neither Calico's nor
	// kube-proxy's.
	PacketFilters Check = "packet-filters"
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

// Foreign finds what decides over packets on the lab's hosts and shows in no route or
// session: policy rules, local addresses, switched-off forwarding and packet filters. An
// empty result means that every host was read and has nothing of the kind. With an error
// some hosts could not be read; the findings are those of the others.
func Foreign(ctx context.Context, l lab.Lab) ([]Finding, error) {
	var all []Finding
	var failures []error
	for _, entry := range l.Topology().Hosts {
		if ctx.Err() != nil {
			return all, errors.Join(append(failures, context.Cause(ctx))...)
		}
		host, err := l.Host(entry.Name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		found, err := foreignOn(ctx, host, entry, l.Topology())
		all = append(all, found...)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: look for foreign settings: %w", entry.Name, err))
		}
	}
	return all, errors.Join(failures...)
}

// foreignOn finds what is foreign on one host. It goes on after a check that fails.
func foreignOn(ctx context.Context, host lab.Host, entry topology.Host, t *topology.Topology) ([]Finding, error) {
	inside, err := lab.Enter(host)
	if err != nil {
		return nil, err
	}
	defer inside.Close()
	var all []Finding
	var failures []error
	take := func(found []Finding, err error) {
		all = append(all, found...)
		failures = append(failures, err)
	}
	routing, err := lab.Netlink(host)
	if err != nil {
		return nil, err
	}
	defer routing.Close()
	take(readPolicyRules(routing, entry))
	take(readLocalAddresses(routing, entry, t))
	take(readQueues(routing, entry))
	take(readForwarding(inside, entry))
	take(readPacketFilters(ctx, host, inside, entry))
	return all, errors.Join(failures...)
}
