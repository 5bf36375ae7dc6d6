package launch

import (
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
