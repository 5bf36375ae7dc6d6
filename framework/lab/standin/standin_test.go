package standin_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab/standin"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/topology"
)

const repository = "../../.."

func TestListsAreComplete(t *testing.T) {
	entries := catalogue.All()
	seen := map[string]bool{}
	for _, s := range slices.Concat(slices.Collect(maps.Values(lists()))...) {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(s.Name) || seen[s.Name] {
			t.Errorf("%q is no name, or there twice", s.Name)
		}
		seen[s.Name] = true
		for _, text := range []string{s.What, s.Real, s.Differs} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: %q does not go into a table", s.Name, text)
			}
		}
		for _, prefix := range s.Affects {
			if !slices.ContainsFunc(entries, func(e catalogue.Entry) bool { return strings.HasPrefix(e.ID, prefix) }) {
				t.Errorf("%s: no requirement begins with %s", s.Name, prefix)
			}
		}
		for _, file := range s.ComparedBy {
			if _, err := os.Stat(filepath.Join(repository, file)); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
	}
}

func TestRestsOn(t *testing.T) {
	frr, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	lab := func(provider, modeName string, software topology.Software, uml bool) standin.Lab {
		mode, err := fixtures.Mode(modeName)
		if err != nil {
			t.Fatal(err)
		}
		l := standin.Lab{Own: lists()[provider], Topology: frr, Mode: mode, StockBIRD: uml, UML: uml}
		if software == bird.Name {
			l.Topology = frr.WithSoftware(bird.Name)
		}
		return l
	}
	tests := []struct {
		name        string
		lab         standin.Lab
		ids         []string
		has, hasNot []string
	}{
		{"leaf reflectors", lab("netns", "leafreflector", topology.DefaultSoftware, false), []string{"LEAF-021"},
			[]string{"bird-reload", "node-agent", "frr-nexthop-objects"}, []string{"own-images", "felix-refresh", "uml", "kube-proxy-sync", "no-dns", "stock-bird", "bird-template"}},
		{"on kind", lab("kind", "leafreflector", topology.DefaultSoftware, false), []string{"LEAF-021"},
			[]string{"own-images", "bird-reload"}, []string{"node-agent"}},
		{"services of two suites", lab("netns", "leafreflector", topology.DefaultSoftware, false), []string{"LEAF-021", "SVC-001"},
			[]string{"kube-proxy-sync", "link-cut"}, nil},
		{"tunnels in User-Mode Linux", lab("netns", "ipip", topology.DefaultSoftware, true), []string{"IPIP-001"},
			[]string{"uml", "felix-refresh", "bird-template"}, []string{"frr-timers"}},
		{"no requirement", lab("netns", "ipip", topology.DefaultSoftware, true), nil, nil, []string{"node-agent", "uml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := standin.RestsOn(tt.lab, tt.ids...)
			for _, name := range tt.has {
				if !slices.Contains(names, name) {
					t.Errorf("no %s in %v", name, names)
				}
			}
			for _, name := range tt.hasNot {
				if slices.Contains(names, name) {
					t.Errorf("%s is in %v", name, names)
				}
			}
		})
	}
	// The spines still run FRR.
	names := standin.RestsOn(lab("netns", "leafreflector", bird.Name, false), "LEAF-021")
	if !slices.Contains(names, "bird-router") {
		t.Errorf("no bird-router in %v", names)
	}
}

// Only labs with a stock BIRD and a tunnel rest on the adapted kernel filter.
func TestRestOnTemplate(t *testing.T) {
	tunnel, err := fixtures.Mode("ipip")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lab  standin.Lab
		want []string
	}{
		{standin.Lab{Mode: tunnel, StockBIRD: true}, []string{"IPIP-010", "MSW-020"}},
		{standin.Lab{Mode: tunnel}, nil},
		{standin.Lab{Mode: plain, StockBIRD: true}, nil},
	} {
		if got := standin.RestOnTemplate(tt.lab, "IPIP-010", "LEAF-021", "MSW-020"); !slices.Equal(got, tt.want) {
			t.Errorf("mode %s, stock BIRD %t: got %v, want %v", tt.lab.Mode.Name, tt.lab.StockBIRD, got, tt.want)
		}
	}
}
