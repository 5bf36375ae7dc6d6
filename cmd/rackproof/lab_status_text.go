package main

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// writeText writes the status for people: the verdict first, and the differences last.
func (s labStatus) writeText(out io.Writer, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Lab %s (topology %s, mode %s): %s\n\n", s.name, s.topology.Name, s.mode, s.verdict())
	s.writeComponents(&b, now)
	for _, host := range s.topology.Hosts {
		fmt.Fprintf(&b, "\n%s\n", describe(host))
		writeSessions(&b, s.sessions[host.Name], s.topology)
		writeRoutes(&b, s.tables[host.Name])
	}
	s.writeDifferences(&b)
	return writeTrimmed(out, b.String())
}

// writeTrimmed writes lines without the blanks at their ends.
func writeTrimmed(out io.Writer, text string) error {
	for line := range strings.Lines(text) {
		// Cells that are empty at a line's end are blanks.
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// describe is a host's name with what it is.
func describe(host topology.Host) string {
	words := []string{string(host.Role)}
	if host.Rack != "" {
		words = append(words, host.Rack)
	}
	if host.AS != 0 {
		words = append(words, fmt.Sprintf("AS %d", host.AS))
	}
	if address := host.Address(); address.IsValid() {
		words = append(words, address.String())
	}
	return fmt.Sprintf("%s (%s)", host.Name, strings.Join(words, ", "))
}

// writeComponents writes a line for each host, and says of a component what it
// does if it does not run.
func (s labStatus) writeComponents(out io.Writer, now time.Time) {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "HOST\tCOMPONENTS")
	byHost := map[string][]string{}
	var hosts []string
	for _, component := range s.components {
		if !slices.Contains(hosts, component.Host) {
			hosts = append(hosts, component.Host)
		}
		name := component.Name
		if component.State != supervisor.Running {
			name += fmt.Sprintf(" (%s for %s)", component.State, age(component.Since, now))
		}
		if component.Restarts > 0 {
			// Felix asks for it whenever its configuration changes.
			name += fmt.Sprintf(" (started again %d×)", component.Restarts)
		}
		byHost[component.Host] = append(byHost[component.Host], name)
	}
	slices.Sort(hosts)
	for _, host := range hosts {
		fmt.Fprintf(table, "%s\t%s\n", host, strings.Join(slices.Sorted(slices.Values(byHost[host])), ", "))
	}
	_ = table.Flush() // writes to memory
}

func writeSessions(out io.Writer, sessions []session.Session, t *topology.Topology) {
	if len(sessions) == 0 {
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  PEER\tHOST\tPEER AS\tLOCAL AS\tKIND\tSTATE")
	for _, s := range session.Sorted(sessions) {
		host, _ := t.HostOf(s.Peer)
		fmt.Fprintf(table, "  %s\t%s\t%d\t%d\t%s\t%s\n", s.Peer, orDash(host), s.PeerAS, s.LocalAS, s.Kind, s.State)
	}
	_ = table.Flush() // writes to memory
}

// writeRoutes writes a line for each next hop of each route.
func writeRoutes(out io.Writer, routes route.Table) {
	if len(routes) == 0 {
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  ROUTE\tNEXT HOP\tINTERFACE\tPROTO\tMETRIC")
	for _, r := range routes.Sorted() {
		prefix, proto, metric := prefixText(r.Prefix), r.Origin.String(), fmt.Sprint(r.Metric)
		if r.Kind != route.Unicast {
			fmt.Fprintf(table, "  %s\t%s\t-\t%s\t%s\n", prefix, r.Kind, proto, metric)
		}
		for _, hop := range r.NextHops {
			via := "-"
			if hop.Via.IsValid() {
				via = hop.Via.String()
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", prefix, via, orDash(hop.Dev), proto, metric)
			// The other next hops stand below.
			prefix, proto, metric = "", "", ""
		}
	}
	_ = table.Flush() // writes to memory
}

func prefixText(prefix netip.Prefix) string {
	if prefix.Bits() == 0 {
		return "default"
	}
	return prefix.String()
}

// verdict says in a few words whether the lab is as expected, and otherwise what is not,
// and where.
func (s labStatus) verdict() string {
	if s.agrees() {
		if down := s.down(); down > 0 {
			return fmt.Sprintf("as expected; %d ends of sessions are not established, as they are configured not to be", down)
		}
		return "as expected"
	}
	var wrong []string
	add := func(what string, hosts []string) {
		if len(hosts) > 0 {
			hosts = slices.Sorted(slices.Values(hosts))
			wrong = append(wrong, what+" "+strings.Join(slices.Compact(hosts), ", "))
		}
	}
	var dead, foreign []string
	for _, component := range s.dead() {
		dead = append(dead, component.Host)
	}
	for _, finding := range s.foreign {
		foreign = append(foreign, finding.Host)
	}
	add("dead components on", dead)
	add("sessions of", slices.Collect(maps.Keys(s.wrongSessions)))
	add("routes of", slices.Collect(maps.Keys(s.wrongRoutes)))
	add("VTEPs of", slices.Collect(maps.Keys(s.wrongVTEPs)))
	add("foreign settings on", foreign)
	if len(s.unknown) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d things could not be read", len(s.unknown)))
	}
	return "NOT AS EXPECTED: " + strings.Join(wrong, "; ")
}

// writeDifferences says what is not as it must be.
func (s labStatus) writeDifferences(out io.Writer) {
	for _, component := range s.dead() {
		fmt.Fprintf(out, "\nComponent %s of %s is dead: %s\n", component.Name, component.Host, component.Error)
	}
	if len(s.wrongSessions) > 0 {
		fmt.Fprintf(out, "\nSessions that are not as expected:\n%s", s.wrongSessions)
	}
	if len(s.wrongRoutes) > 0 {
		fmt.Fprintf(out, "\nRoutes that are not as expected:\n%s", s.wrongRoutes)
	}
	if len(s.wrongVTEPs) > 0 {
		fmt.Fprintf(out, "\nFar ends of the VXLAN that are not as expected:\n%s", s.wrongVTEPs)
	}
	if len(s.foreign) > 0 {
		fmt.Fprint(out, "\nSettings that come from neither the lab nor Calico nor Kubernetes:\n")
		for _, finding := range s.foreign {
			fmt.Fprintf(out, "%s: %s: %s\n  undo it: %s\n", finding.Host, finding.Check, finding.What, finding.Remedy)
		}
	}
	for _, unknown := range s.unknown {
		fmt.Fprintf(out, "\nNot known: %s\n", unknown)
	}
	if s.agrees() {
		fmt.Fprint(out, "\nAll sessions and routes are as expected.\n")
	} else {
		fmt.Fprint(out, "\nThe lab is not as expected.\n")
	}
}
