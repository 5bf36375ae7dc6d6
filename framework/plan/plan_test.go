package plan_test

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// planned is the plan of a design (fixtures.Design).
func planned(t *testing.T, design string) *plan.Plan {
	t.Helper()
	top, mode, err := fixtures.Design(design)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Of(top, mode, drivers.Software())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// spoiled is the plan of an embedded topology in which a text is replaced.
func spoiled(t *testing.T, name, mode, old, replacement string) *plan.Plan {
	t.Helper()
	data, err := os.ReadFile("../../fixtures/topologies/" + name + ".yaml")
	if err != nil || !strings.Contains(string(data), old) {
		t.Fatalf("error %v, or no %q in %s", err, old, name)
	}
	top, err := topology.Load(name+".yaml", []byte(strings.Replace(string(data), old, replacement, 1)), drivers.Names())
	if err != nil {
		t.Fatal(err)
	}
	m, err := fixtures.Mode(mode)
	if err != nil {
		t.Fatal(err)
	}
	return planAs(t, top, m)
}

func planAs(t *testing.T, top *topology.Topology, m *calico.Mode) *plan.Plan {
	t.Helper()
	p, err := plan.Of(top, m, drivers.Software())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BGPPeers that a test adds to the mode of the dual-homed design.
const (
	// secondPeer is with the second top-of-rack switch, which does not answer.
	secondPeer = `---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: torb
spec:
  peerIP: 10.70.2.1
  asNumber: 65021
`
	// peerOfNobody is with nodes that have a label, and none has.
	peerOfNobody = `---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: reflectors
spec:
  peerSelector: has(reflector)
`
)

// withPeer is the dual-homed design with one more BGPPeer.
func withPeer(t *testing.T, peer string) *plan.Plan {
	t.Helper()
	top, _, err := fixtures.Design("./testdata/dualhomed")
	if err != nil {
		t.Fatal(err)
	}
	resources, err := os.ReadFile("testdata/dualhomed/mode/calico/all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := calico.LoadMode("mine", map[string][]byte{
		"mode.yaml": []byte("name: mine\nleafToNode: peer\n"), "calico/all.yaml": append(resources, peer...),
	})
	if err != nil {
		t.Fatal(err)
	}
	return planAs(t, top, m)
}

// announcedByMistake is the default design in which leaf1 announces leaf0's network too.
func announcedByMistake(t *testing.T) *plan.Plan {
	t.Helper()
	p := planned(t, "leaf-spine,leafreflector")
	for i := range p.State.Routers {
		if r := &p.State.Routers[i]; r.Host == "leaf1" {
			r.Networks = append(r.Networks, netip.MustParsePrefix("10.1.5.0/24"))
		}
	}
	return p
}

// Each rule finds a design that breaks it, and names the line to mend.
func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		plan *plan.Plan
		// want is how the findings begin, and says is in the first.
		want []string
		says string
	}{
		{"super-spines", planned(t, "./testdata/superspine"), []string{
			"testdata/superspine/topology.yaml:32: spine0 (spine) and super0 (spine) share link spine0-super0 and have no session",
			"testdata/superspine/topology.yaml:37: spine0 (spine) and super1 (spine)",
			"testdata/superspine/topology.yaml:42: spine1 (spine) and super0 (spine)",
			"testdata/superspine/topology.yaml:47: spine1 (spine) and super1 (spine)",
		}, "[link-without-session]"},
		{"a mesh across super-spines", planned(t, "./testdata/superspine/topology.yaml,fullmesh"), []string{
			"./testdata/superspine/topology.yaml:27: node0 has no session with node1 (10.80.20.10): packets do not arrive",
			"./testdata/superspine/topology.yaml:28: node1 has no session with node0",
			"./testdata/superspine/topology.yaml:32: ", "./testdata/superspine/topology.yaml:37: ", "./testdata/superspine/topology.yaml:42: ", "./testdata/superspine/topology.yaml:47: ",
			"./testdata/superspine/topology.yaml:27: node node0 has no session that comes up", "./testdata/superspine/topology.yaml:28: node node1 has no session",
		}, "leaf0 has no route [session]"},
		{"a second ToR that no BGPPeer names", planned(t, "./testdata/dualhomed"), []string{
			"testdata/dualhomed/topology.yaml:21: leaf torb stays idle: it has a link to server0, server1, server2, which peer with tora and not with it",
		}, "put torb on that link [idle-leaf]"},
		{"a second ToR with which no node can peer", planned(t, "./testdata/dualhomed/topology.yaml,fullmesh"), []string{
			"./testdata/dualhomed/topology.yaml:21: leaf torb stays idle: it has a link to server0, server1, server2, none of which can peer with it",
		}, "put torb on that link [idle-leaf]"},
		{"a second ToR that does not answer", withPeer(t, secondPeer), []string{
			"mine/calico/all.yaml:28: BGPPeer torb: server0, server1 and server2 would peer with torb (10.70.2.1), which does not peer with them",
			"testdata/dualhomed/topology.yaml:21: leaf torb stays idle",
		}, "[design]"},
		{"a peerSelector that selects nobody", withPeer(t, peerOfNobody), []string{
			"mine/calico/all.yaml:29: BGPPeer reflectors: peerSelector has(reflector) selects no node", "testdata/dualhomed/topology.yaml:21: leaf torb stays idle",
		}, "[session]"},
		{"one router ID in two autonomous systems", spoiled(t, "leaf-spine", "leafreflector", "as: 800, routerID: 10.1.12.2", "as: 800, routerID: 10.1.8.1"), []string{
			"leaf-spine.yaml:33: leaf1 has router ID 10.1.8.1, and so has spine1",
		}, "[router-id]"},
		{"half a fabric that learns pods from nodes' reflectors", planned(t, "two-racks,ipipreflector"), []string{
			"two-racks.yaml:27: packets from spine0, client to 10.244.0.0/26", "two-racks.yaml:28: packets from leaf0", "two-racks.yaml:29: packets from leaf1",
		}, "spine0 has seen it before [loop]"},
		{"pods of another rack without a tunnel", planned(t, "leaf-spine,fullmesh"), []string{
			"leaf-spine.yaml:32: packets from control-plane, worker to 10.244.0.128/26, 10.244.0.192/26", "leaf-spine.yaml:33: packets from worker2, worker3",
		}, "leaf0 has no route [blackhole]"},
		{"a network of another leaf", announcedByMistake(t), []string{
			"leaf-spine.yaml:33: leaf1 announces 10.1.5.0/24 without an interface in it, and leaf0, which has it on eth3, announces it too",
		}, "[announced-twice]"},
	}
	broken := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := tt.plan.Check()
			var lines []string
			for _, f := range found {
				broken[f.Rule] = true
				lines = append(lines, f.String())
			}
			if len(found) != len(tt.want) {
				t.Fatalf("got %d findings, want %d:\n%s", len(found), len(tt.want), strings.Join(lines, "\n"))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], want) || i == 0 && !strings.Contains(lines[i], tt.says) {
					t.Errorf("got\n%s\nwant\n%s … %s", lines[i], want, tt.says)
				}
			}
		})
	}
	for _, rule := range plan.Rules() {
		if !broken[rule] {
			t.Errorf("no design of this test breaks rule %s", rule)
		}
	}
}

// A design for which nothing can be computed is refused with its lines.
func TestRefusedDesign(t *testing.T) {
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("rackreflector")
	if err != nil {
		t.Fatal(err)
	}
	mode.Resources.IPPools = nil
	if _, err := plan.Of(top, mode, drivers.Software()); err == nil || !strings.Contains(err.Error(), "has 0 IPPools") {
		t.Errorf("got error %v", err)
	}
}

// All designs of recorded labs are planned. Those of specs about loops and blackholes have
// them, and nothing is wrong with the others.
func TestRecordedDesignsArePlanned(t *testing.T) {
	wrong := map[string]string{"two-racks,ipipreflector": "loop", "two-racks,crosssubnetreflector": "loop", "leaf-spine,fullmesh": "blackhole"}
	designs := []string{"external-reflector,externalreflector"}
	for _, record := range records(t) {
		designs = append(designs, record.State.Topology.Name+","+record.Mode)
	}
	slices.Sort(designs)
	for _, design := range slices.Compact(designs) {
		p := planned(t, design)
		for _, f := range p.Check() {
			if f.Rule != wrong[design] {
				t.Errorf("%s: %s", design, f)
			}
		}
		if len(p.Absent) > 0 || len(p.Pairs()) == 0 {
			t.Errorf("%s: absent sessions %v, and %d pairs", design, p.Absent, len(p.Pairs()))
		}
	}
}

// A pool with room for fewer nodes than there are is refused.
func TestPoolThatIsTooSmall(t *testing.T) {
	top, mode, err := fixtures.Design("leaf-spine,leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	mode.Resources.IPPools[0].Spec.BlockSize = 17
	if _, err := plan.State(top, mode, drivers.Software()); err == nil || !strings.Contains(err.Error(), "no block left for node worker2") {
		t.Errorf("got error %v", err)
	}
}

func TestOutside(t *testing.T) {
	fate := func(p *plan.Plan, to string) (fates []string) {
		for _, pair := range p.Outside() {
			if pair.To.Name == to {
				fates = append(fates, pair.Fate())
				fates = append(fates, pair.Lines()...)
			}
		}
		return fates
	}
	leaves := planned(t, "leaf-spine,leafreflector")
	want := []string{"arrives", "client → spine0 → leaf0 → worker", "client → spine1 → leaf0 → worker"}
	if got := fate(leaves, "pod of worker"); !slices.Equal(got, want) {
		t.Errorf("the client reaches the pod of worker: %q, want %q", got, want)
	}
	if got := fate(leaves, "service kubernetes"); len(got) != 3 || got[0] != "lost" || !strings.HasSuffix(got[1], "spine0 has no route") {
		t.Errorf("the client reaches a service that nobody announces: %q", got)
	}
	if got := fate(planned(t, "leaf-spine,serviceips"), "service kubernetes"); len(got) != 9 || got[0] != "arrives" {
		t.Errorf("the client reaches a service that all nodes announce: %q, want 8 ways", got)
	}
	if got := fate(planned(t, "two-racks,ipipreflector"), "pod of worker"); len(got) != 3 || got[0] != "lost in part" {
		t.Errorf("the client reaches pods over a loop: %q", got)
	}
}
