package netns

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/router/bird2"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

func TestRouterNeeds(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	needs, err := routerNeeds(top.WithSoftware(bird2.Name))
	if err != nil {
		t.Fatal(err)
	}
	var programs []string
	for _, need := range needs {
		for _, program := range need.Programs {
			programs = append(programs, program.Name)
		}
	}
	if !slices.Contains(programs, "bird2") || !slices.Contains(programs, "vtysh") {
		t.Errorf("got %v, want what the leaves run, BIRD 2, and the spines, FRR", programs)
	}
	// Nothing has installed BIRD 2 into this cache.
	problems := capability.Missing(capability.Capabilities{Root: true, Programs: map[string]string{"vtysh": "/usr/bin/vtysh"}}, needs...)
	if i := slices.IndexFunc(problems, func(p capability.Problem) bool { return strings.Contains(p.What, "bird2") }); i < 0 || !strings.Contains(problems[i].Remedy, "make router-bird2") {
		t.Errorf("got problems %v, want bird2 with what installs it", problems)
	}

	if _, err := routerNeeds(top.WithSoftware("ios")); err == nil || !strings.Contains(err.Error(), drivers.List(", ", " or ")) {
		t.Errorf("got error %v, want the software that there is", err)
	}
}

// `make packages` must install all that a lab asks for.
func TestPackagesAreInstalled(t *testing.T) {
	script, err := os.ReadFile("../../../fixtures/components/packages.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), "\npackages=(")
	list, _, found := strings.Cut(list, ")")
	if !found {
		t.Fatal("packages.sh has no list of packages")
	}
	installed := strings.Fields(list)
	for _, program := range ownNeed().Programs {
		if !slices.Contains(installed, program.Package) {
			t.Errorf("%s needs the package %s, packages.sh installs %v", program.Name, program.Package, installed)
		}
	}
}
