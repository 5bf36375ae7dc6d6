package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/plan"
)

// lossOf finds a loss by the name of its parts.
func lossOf(t *testing.T, losses []plan.Loss, name string) plan.Loss {
	t.Helper()
	i := slices.IndexFunc(losses, func(l plan.Loss) bool { return l.Name() == name })
	if i < 0 {
		t.Fatalf("no loss of %s", name)
	}
	return losses[i]
}

func TestLosses(t *testing.T) {
	const otherRack, pods = "control-plane, worker ↔ worker2, worker3, client", "control-plane, worker → each other's pods"
	losses := planned(t, "leaf-spine,leafreflector").Losses(plan.Limits{Links: 2, Hosts: 1})
	if single, double := 16, 16*15/2; len(losses) != single+double+8 {
		t.Errorf("got %d losses, want %d single links, %d double ones and 8 hosts", len(losses), single, double)
	}
	for _, c := range []struct {
		name             string
		survived         bool
		isolated, cuts   []string
		fewer, least, of int
		partly           int
	}{
		{"leaf0-spine0", true, nil, nil, 18, 1, 2, 0},
		{"leaf0-spine0 and leaf1-spine1", false, nil, []string{"control-plane, worker ↔ worker2, worker3"}, 12, 1, 2, 8},
		{"leaf0-spine0 and leaf0-spine1", false, nil, []string{otherRack}, 0, 0, 0, 0},
		{"leaf0 at br-leaf0", false, nil, []string{otherRack, pods}, 0, 0, 0, 0},
		{"worker at br-leaf0", false, []string{"worker"}, nil, 0, 0, 0, 0},
		{"br-leaf0", false, []string{"control-plane", "worker"}, nil, 0, 0, 0, 0},
		// The client has no BGP, and goes on sending to the gateway that is gone.
		{"spine0", false, nil, nil, 28, 1, 2, 8},
		{"leaf0", false, nil, []string{otherRack, pods}, 0, 0, 0, 0},
		{"worker", true, nil, nil, 0, 0, 0, 0},
	} {
		l := lossOf(t, losses, c.name)
		var cuts []string
		for _, cut := range l.Cuts {
			cuts = append(cuts, cut.String())
		}
		if l.Survived() != c.survived || !slices.Equal(l.Isolated, c.isolated) || !slices.Equal(cuts, c.cuts) || l.Unknown != "" {
			t.Errorf("%s: survived %t, isolated %q, cuts %q, unknown %q", c.name, l.Survived(), l.Isolated, cuts, l.Unknown)
		}
		if l.Fewer != c.fewer || l.Least != c.least || l.Before != c.of || len(l.Partly) != c.partly {
			t.Errorf("%s: %d pairs by fewer ways (%d of %d), %d in part", c.name, l.Fewer, l.Least, l.Before, len(l.Partly))
		}
	}
}

// Two top-of-rack switches on the nodes' network stand in for each other, and the core does
// not.
func TestLossesOfTwoSwitches(t *testing.T) {
	losses := planned(t, "tor,tor").Losses(plan.Limits{Links: 1, Hosts: 1})
	for name, survived := range map[string]bool{"tor0": true, "tor1": true, "tor0-core": true, "tor0 at rack": true, "server0": true, "core": false, "rack": false} {
		if l := lossOf(t, losses, name); l.Survived() != survived {
			t.Errorf("%s: survived %t: isolated %v, cuts %v", name, l.Survived(), l.Isolated, l.Cuts)
		}
	}
}

// A shared network that goes as a whole takes each of three servers from the others.
func TestLossOfASharedNetwork(t *testing.T) {
	l := lossOf(t, planned(t, "./testdata/dualhomed").Losses(plan.Limits{Links: 1}), "plane-a")
	if len(l.Cuts) != 2 || l.Cuts[0].String() != "server0, server1, server2 → each other" || l.Cuts[1].String() != "client → server0, server1, server2" {
		t.Errorf("got %v", l.Cuts)
	}
}

// Labs whose links a spec had cut had what the plan of their loss has.
func TestLossesAreWhatLabsHad(t *testing.T) {
	compared := 0
	for name, record := range records(t) {
		if len(record.State.CutLinks) == 0 {
			continue
		}
		p := planned(t, record.State.Topology.Name+","+record.Mode)
		links := slices.Sorted(maps.Keys(record.State.CutLinks))
		loss := lossOf(t, p.Losses(plan.Limits{Links: len(links)}), strings.Join(links, " and "))
		record.State = loss.State(allotted(p.State, record.State))
		if difference, err := record.Difference(); err != nil || difference != "" {
			t.Errorf("%s: error %v, difference (-: planned alone, +: the lab's alone)\n%s", name, err, difference)
		}
		compared++
	}
	if compared < 4 {
		t.Errorf("%d recorded labs had cut links", compared)
	}
}

func TestCompare(t *testing.T) {
	before := planned(t, "leaf-spine,leafreflector")
	if d := plan.Compare(before, planned(t, "leaf-spine,leafreflector")); !d.Empty() {
		t.Errorf("a design differs from itself: %+v", d)
	}
	d := plan.Compare(before, planned(t, "leaf-spine,serviceips"))
	if len(d.Sessions) != 0 || len(d.Routes) != 4 || len(d.Fates) != 3 || len(d.Ways) != 0 {
		t.Fatalf("%d hosts' sessions, %d hosts' routes, %d fates and %d ways differ", len(d.Sessions), len(d.Routes), len(d.Fates), len(d.Ways))
	}
	if c := d.Fates[1]; c.Pair() != "client → service in 192.168.3.0/24" || !slices.Equal(c.Side(1), []string{"not in this design"}) {
		t.Errorf("got %s: %q", c.Pair(), c.Side(1))
	}
	d = plan.Compare(planned(t, "leaf-spine,fullmesh"), before)
	i := slices.IndexFunc(d.Fates, func(c plan.Change) bool { return c.Pair() == "worker → pod of worker2" })
	if i < 0 {
		t.Fatalf("no change of a pair across racks in %d", len(d.Fates))
	}
	lost := []string{"lost: to 10.244.0.129: worker → leaf0: leaf0 has no route"}
	arrives := []string{"arrives: worker → leaf0 → spine0 → leaf1 → worker2", "arrives: worker → leaf0 → spine1 → leaf1 → worker2"}
	if c := d.Fates[i]; !slices.Equal(c.Side(1), lost) || !slices.Equal(c.Side(2), arrives) {
		t.Errorf("got %q and %q", c.Side(1), c.Side(2))
	}
	if len(d.Sessions) == 0 {
		t.Error("a mesh has the same sessions as leaves that reflect")
	}
}
