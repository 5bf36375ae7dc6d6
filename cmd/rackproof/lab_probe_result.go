package main

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/rackproof/rackproof/framework/probe"
)

// probeResult is what became of the connections or pings of one command.
type probeResult struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Sent     int    `json:"sent"`
	Answered int    `json:"answered"`
	// Milliseconds are those of the answered ones; absent if none was.
	Milliseconds *spread `json:"milliseconds,omitempty"`
	// Summary counts those that are alike.
	Summary []probeCount `json:"summary"`
	// Attempts are all of them, in order.
	Attempts []probeAttempt `json:"attempts"`
}

// spread is the spread of a number of measurements.
type spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// probeCount is how many attempts had one outcome, were answered by one server, and came
// from one address as that server saw it.
type probeCount struct {
	Outcome probe.Outcome `json:"outcome"`
	Server  string        `json:"server,omitempty"`
	SeenAs  string        `json:"seenAs,omitempty"`
	Count   int           `json:"count"`
}

type probeAttempt struct {
	Outcome      probe.Outcome `json:"outcome"`
	Local        string        `json:"local,omitempty"`
	Server       string        `json:"server,omitempty"`
	SeenAs       string        `json:"seenAs,omitempty"`
	Milliseconds float64       `json:"milliseconds"`
}

// resultOfProbes sums attempts up.
func resultOfProbes(from string, to netip.AddrPort, tried []probe.Tried) probeResult {
	result := probeResult{From: from, To: to.String(), Sent: len(tried), Summary: []probeCount{}, Attempts: []probeAttempt{}}
	if to.Port() == 0 {
		result.To = to.Addr().String()
	}
	counts := map[probeCount]int{}
	var times []float64
	for _, t := range tried {
		took := float64(t.Took) / float64(time.Millisecond)
		kind := probeCount{Outcome: t.Outcome, Server: t.Server}
		attempt := probeAttempt{Outcome: t.Outcome, Server: t.Server, Milliseconds: took}
		if t.Client.IsValid() {
			kind.SeenAs, attempt.SeenAs = t.Client.Addr().String(), t.Client.String()
		}
		switch {
		case t.Local.IsValid() && t.Local.Port() == 0:
			attempt.Local = t.Local.Addr().String()
		case t.Local.IsValid():
			attempt.Local = t.Local.String()
		}
		if t.Outcome == probe.Answered {
			result.Answered++
			times = append(times, took)
		}
		counts[kind]++
		result.Attempts = append(result.Attempts, attempt)
	}
	for kind, count := range counts {
		kind.Count = count
		result.Summary = append(result.Summary, kind)
	}
	slices.SortFunc(result.Summary, func(a, b probeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Server, b.Server), cmp.Compare(a.SeenAs, b.SeenAs))
	})
	if len(times) > 0 {
		slices.Sort(times)
		result.Milliseconds = &spread{times[0], times[len(times)/2], times[len(times)-1]}
	}
	return result
}

// writeText writes a line for attempts that are alike, and one for all of them.
func (r probeResult) writeText(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "COUNT\tOUTCOME\tSERVER\tCLIENT AS SEEN BY IT")
	for _, c := range r.Summary {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", c.Count, c.Outcome, orDash(c.Server), orDash(c.SeenAs))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text := fmt.Sprintf("\n%d of %d answered, from %s to %s", r.Answered, r.Sent, r.From, r.To)
	if m := r.Milliseconds; m != nil {
		text += fmt.Sprintf(", after %.1f ms (least %.1f, most %.1f)", m.Median, m.Least, m.Most)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}
