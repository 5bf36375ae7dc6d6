package main

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/vtep"
)

// statusTimeout bounds how long a lab may take to tell its state: a broken one may
// not answer at all.
const statusTimeout = 20 * time.Second

func newLabStatusCommand() *cobra.Command {
	status := &cobra.Command{
		Use:   "status",
		Short: "Compare a lab with what its topology and Calico resources ask for",
		Long: "Show a lab's components, and the BGP sessions and the kernel's routes of each host, and compare\n" +
			"these with what the topology and the Calico resources ask for. The far ends of a VXLAN, policy rules,\n" +
			"other tables, local addresses, neighbours, MTUs of interfaces, packet filters and kernel settings that\n" +
			"come from neither the lab nor Calico nor Kubernetes are differences too: docs/compared.md has the list.\n" +
			"The first line has the verdict, and the last lines have the differences. The command does not know of\n" +
			"cut links and stopped components, and shows what they cause as differences.\n\n" +
			"The exit status is 0 if the lab is as expected, and 1 if it is not or could not be read as a whole.",
		Example: "  rackproof lab status\n" +
			"  rackproof lab status -o json | jq '.hosts[] | select(.name == \"leaf0\").routes'\n" +
			"  rackproof lab status >/dev/null && echo as expected",
	}
	name := nameFlag(status)
	output := formatFlag(status, formatTable, formatJSON)
	status.RunE = func(command *cobra.Command, _ []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), statusTimeout)
		defer cancel()
		s := look(ctx, l)
		if *output == formatJSON {
			err = writeJSON(command.OutOrStdout(), s.forScripts())
		} else {
			err = s.writeText(command.OutOrStdout(), time.Now())
		}
		if err != nil {
			return err
		}
		return s.exit()
	}
	return status
}

// labStatus is what a lab looks like at one moment.
type labStatus struct {
	name, mode string
	topology   *topology.Topology
	components []supervisor.Status
	sessions   session.Sessions
	tables     route.Tables
	// wrongSessions and wrongRoutes are what is not as the oracle says, by host.
	wrongSessions diff.Hosts[session.Session]
	wrongRoutes   diff.Hosts[route.Route]
	// wrongVTEPs is the same of the far ends of the VXLAN that nodes know.
	wrongVTEPs diff.Hosts[vtep.VTEP]
	// foreign is what else decides over packets and comes from nobody.
	foreign []observe.Finding
	// unknown is what could not be found out, and why.
	unknown []string
}

// look reads a lab's state. It notes and leaves out anything that it cannot read: the
// command is for broken labs too.
func look(ctx context.Context, l lab.Running) labStatus {
	s := labStatus{name: l.Name(), mode: l.Mode().Name, topology: l.Topology()}
	note := func(what string, err error) bool {
		if err != nil {
			s.unknown = append(s.unknown, fmt.Sprintf("%s: %v", what, err))
		}
		return err == nil
	}
	lister, err := lab.ComponentListerOf(l)
	if err == nil {
		s.components, err = lister.Components(ctx)
	}
	note("components", err)
	// A host that does not answer is unknown, and the others are still shown.
	s.sessions, err = observe.Sessions(ctx, l)
	note("sessions", err)
	s.tables, err = observe.KernelTables(ctx, l)
	note("routes", err)
	vteps, err := observe.VTEPs(ctx, l, l.Mode().VXLANDevice())
	note("VTEPs", err)
	s.foreign, err = observe.Foreign(ctx, l)
	note("foreign settings", err)

	var state oracle.State
	cluster, err := observe.NewCluster(l)
	if err == nil {
		state, err = cluster.State(ctx)
	}
	if err == nil {
		state.Routers, err = observe.Routers(ctx, l)
	}
	if !note("the cluster's state, on which the expected sessions and routes rest", err) {
		return s
	}
	sessions, err := state.Sessions()
	if note("expected sessions", err) {
		s.wrongSessions = diff.Compare(ofHosts(sessions, s.sessions), session.Settled(s.sessions))
	}
	tables, err := state.Tables()
	if note("expected routes", err) {
		s.wrongRoutes = diff.Compare(ofHosts(tables, s.tables), s.tables)
	}
	far, err := state.VTEPs()
	if note("expected VTEPs", err) {
		s.wrongVTEPs = diff.Compare(ofHosts(far, vteps), vteps)
	}
	return s
}

// ofHosts leaves of what is expected that of the hosts that were observed.
func ofHosts[M ~map[string]V, V any](expected, observed M) M {
	left := maps.Clone(expected)
	maps.DeleteFunc(left, func(host string, _ V) bool {
		_, ok := observed[host]
		return !ok
	})
	return left
}

// agrees reports whether everything could be read and is as it must be.
func (s labStatus) agrees() bool {
	return len(s.unknown)+len(s.wrongSessions)+len(s.wrongRoutes)+len(s.wrongVTEPs)+len(s.foreign)+len(s.dead()) == 0
}

// exit is the error that gives the command its exit status. The faults have been
// printed.
func (s labStatus) exit() error {
	if s.agrees() {
		return nil
	}
	return exitStatus(exitFailure)
}

// dead are the components that have ended unasked.
func (s labStatus) dead() []supervisor.Status {
	var dead []supervisor.Status
	for _, component := range s.components {
		if component.State == supervisor.Dead {
			dead = append(dead, component)
		}
	}
	return dead
}

// down counts the ends of sessions that are not established.
func (s labStatus) down() int {
	count := 0
	for _, sessions := range s.sessions {
		for _, end := range sessions {
			if end.State != session.Established {
				count++
			}
		}
	}
	return count
}
