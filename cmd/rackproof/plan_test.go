package main

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var updatePlans = flag.Bool("update-plans", false, "write the outputs of its commands into docs/plan.md")

// docs/plan.md has what its commands print.
func TestPlansInTheDocuments(t *testing.T) {
	t.Chdir("../..")
	const path = "docs/plan.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```text\n\\$ rackproof ([^\n]*)\n(.*?)^```$")
	count := 0
	renewed := block.ReplaceAllStringFunc(string(content), func(text string) string {
		count++
		match := block.FindStringSubmatch(text)
		output, _ := execute(t, strings.Fields(match[1])...)
		if output != match[2] && !*updatePlans {
			t.Errorf("rackproof %s prints\n%s\nand %s has (renew it: go test ./cmd/rackproof -update-plans)\n%s", match[1], output, path, match[2])
		}
		return "```text\n$ rackproof " + match[1] + "\n" + output + "```"
	})
	if count < 4 {
		t.Errorf("%s has %d commands", path, count)
	}
	if *updatePlans {
		if err := os.WriteFile(path, []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlanForScripts(t *testing.T) {
	output, err := execute(t, "plan", "leaf-spine,serviceips", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var p planForScripts
	if err := json.Unmarshal([]byte(output), &p); err != nil {
		t.Fatal(err)
	}
	if p.Topology != "leaf-spine" || p.Mode != "serviceips" || len(p.Hosts) != 9 || len(p.Hosts[0].Paths) == 0 || len(p.Hosts[0].Routes) == 0 {
		t.Errorf("got %s %s with %d hosts", p.Topology, p.Mode, len(p.Hosts))
	}
	outside := 0
	for _, pair := range p.Pairs {
		if pair.Outside {
			outside++
		}
		if pair.Fate != "arrives" {
			t.Errorf("%s to %s: %s", pair.From, pair.To, pair.Fate)
		}
	}
	if outside != 11 {
		t.Errorf("%d pairs from outside, want 4 nodes, 4 pods and 3 services", outside)
	}
	if strings.Contains(output, "null") {
		t.Error("a list is null")
	}
}

// The exit statuses are those that the helps name.
func TestPlanExitStatus(t *testing.T) {
	for line, want := range map[string]int{
		"plan check leaf-spine,leafreflector":                              0,
		"plan check ../../framework/plan/testdata/dualhomed":               exitFailure,
		"plan check -o json ../../framework/plan/testdata/superspine":      exitFailure,
		"plan diff leaf-spine,leafreflector leaf-spine,leafreflector":      0,
		"plan diff -o json leaf-spine,leafreflector leaf-spine,serviceips": exitFailure,
		"plan failures -o json --topology tor --mode tor --links 2":        0,
		"plan ../../framework/plan/testdata/superspine":                    0,
		"plan check leaf-spine,tor":                                        exitFailure,
		"plan check nowhere":                                               exitFailure,
	} {
		var told strings.Builder
		output, err := execute(t, strings.Fields(line)...)
		if got := report(&told, err, false); got != want {
			t.Errorf("%s: status %d, want %d: %s%s", line, got, want, told.String(), output)
		}
	}
}
