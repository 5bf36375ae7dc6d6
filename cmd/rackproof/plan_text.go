package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// writePlan writes a plan for people: what is wrong first.
func writePlan(out io.Writer, p *plan.Plan, hosts []topology.Host) error {
	var b strings.Builder
	ends := 0
	for _, sessions := range p.View.Sessions {
		for _, s := range sessions {
			if s.State == session.Established {
				ends++
			}
		}
	}
	fmt.Fprintf(&b, "Topology %s in mode %s: %d sessions come up, %d ends of sessions do not\n", p.State.Topology.Name, p.Mode().Name, ends/2, len(p.Absent))
	fmt.Fprintf(&b, "(%s)\n", plan.Assumption)
	if len(p.Faults) > 0 {
		fmt.Fprint(&b, "\nNo lab of this design is brought up:\n")
		for _, f := range p.Faults {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	nobody := p.PeersOfNobody()
	if len(p.Absent)+len(nobody) > 0 {
		fmt.Fprint(&b, "\nSessions that do not come up:\n")
		for _, a := range p.Absent {
			fmt.Fprintf(&b, "  %s\n", a)
		}
		for _, f := range nobody {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	for _, host := range hosts {
		fmt.Fprintf(&b, "\n%s\n", describe(host))
		writeSessions(&b, p.View.Sessions[host.Name], p.State.Topology)
		writeRoutes(&b, p.View.Tables[host.Name])
		writePaths(&b, p.View.Paths[host.Name])
	}
	if outside := p.Outside(); len(outside) > 0 {
		fmt.Fprint(&b, "\nFrom outside\n")
		writePairs(&b, outside)
	}
	return writeTrimmed(out, b.String())
}

func writePaths(out io.Writer, paths path.Paths) {
	if len(paths) == 0 {
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  PATH\tFROM\tNEXT HOP\tAS PATH\tOTHER")
	for _, p := range paths {
		_, other, _ := strings.Cut(p.String(), "]") // behind the AS path
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", prefixText(p.Prefix), p.Peer, p.NextHop, strings.Trim(fmt.Sprint(p.ASPath), "[]"), strings.TrimSpace(other))
	}
	_ = table.Flush() // writes to memory
}

// writePairs writes a line for each way of each pair.
func writePairs(out io.Writer, pairs []plan.Pair) {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  FROM\tTO\tADDRESS\tFATE\tBY")
	for _, p := range pairs {
		from, to, address, fate := p.From, p.To.Name, p.To.Address.String(), p.Fate()
		for _, line := range p.Lines() {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", from, to, address, fate, line)
			// The other ways stand below.
			from, to, address, fate = "", "", "", ""
		}
	}
	_ = table.Flush() // writes to memory
}
