package bench

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/spread"
)

func TestMarkdown(t *testing.T) {
	runs := []Run{
		{Phases: map[string]float64{"nodes": 3, "pods": 1}, Ready: 7, Teardown: 0.25, Memory: 700 << 20},
		{Phases: map[string]float64{"nodes": 2, "pods": 1.5}, Ready: 6, Teardown: 0.5, Memory: 800 << 20},
		{Phases: map[string]float64{"nodes": 4, "pods": 1.25}, Ready: 9, Teardown: 0.125, Memory: 900 << 20},
	}
	result := Result{
		Provider: "netns", Topology: "leaf-spine", Mode: "leafreflector", Processors: 2, Kernel: "6.1",
		Runs: runs, Rows: Rows([]string{"nodes", "pods"}, runs),
	}
	want := `Provider netns, topology leaf-spine, mode leafreflector; runs: 3, processors: 2, Linux 6.1. Phases overlap.

| phase         |       min |    median |       max |
|:--------------|----------:|----------:|----------:|
| nodes         |    2.00 s |    3.00 s |    4.00 s |
| pods          |    1.00 s |    1.25 s |    1.50 s |
| total ready   |    6.00 s |    7.00 s |    9.00 s |
| teardown      |    0.12 s |    0.25 s |    0.50 s |
| memory (PSS)  |   700 MiB |   800 MiB |   900 MiB |
`
	if got := result.Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
}

func TestBeside(t *testing.T) {
	first := Result{Provider: "netns", Topology: "t", Mode: "m", Rows: []Row{{Name: "nodes", Unit: Seconds, Spread: spread.Spread{Median: 1}}, {Name: "pods", Unit: Seconds, Spread: spread.Spread{Median: 2}}}}
	second := Result{Provider: "kind", Rows: []Row{{Name: "cluster", Unit: Seconds, Spread: spread.Spread{Median: 50}}, {Name: "pods", Unit: Seconds, Spread: spread.Spread{Median: 3}}}}
	text := first.Beside(second)
	last := -1
	for _, want := range []string{"|     netns |      kind |", "| nodes         |    1.00 s |         - |", "| cluster       |         - |   50.00 s |", "| pods          |    2.00 s |    3.00 s |"} {
		at := strings.Index(text, want)
		if at <= last {
			t.Errorf("got:\n%s\nwant %q after what comes before it", text, want)
		}
		last = at
	}
}
