package fuzz

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// perfect is a lab that does at once what the oracle says, but for one defect.
type perfect struct {
	state oracle.State
	// defect says whether a state loses the routes of a host.
	defect func(oracle.State) bool
	// stuck: the defect stays once it was there.
	stuck, spoiled bool
	// deaf: the lab stays as it is.
	deaf   bool
	became int
}

func (p *perfect) State(context.Context) (oracle.State, error) { return p.state.Clone(), nil }

func (p *perfect) Become(_ context.Context, wanted oracle.State) error {
	if p.deaf {
		return nil
	}
	p.state, p.became = wanted.Clone(), p.became+1
	p.spoiled = p.defect(wanted) || p.stuck && p.spoiled
	return nil
}

func (p *perfect) Stale(context.Context, []fabric.Router) (string, error) { return "", nil }

func (p *perfect) View(context.Context, []fabric.Router) (snapshot.View, error) {
	view, err := snapshot.Expected(p.state)
	if p.spoiled {
		view.Tables["leaf0"] = nil
	}
	return view, err
}

// labOf is a lab of a design that has come up.
func labOf(t *testing.T, defect func(oracle.State) bool) *perfect {
	t.Helper()
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	routers, err := fabric.Plan(top, mode)
	if err != nil {
		t.Fatal(err)
	}
	s := oracle.State{Topology: top, Resources: mode.Resources, Routers: routers, Software: drivers.Software(), CutLinks: map[string]bool{}}
	octets := top.Pods.First().Addr().As4()
	for i, host := range top.Nodes() {
		octets[2] = byte(10 + i)
		s.Nodes = append(s.Nodes, oracle.Node{Name: host.Name, Labels: mode.Resources.NodeLabels(host), Blocks: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4(octets), 26)}})
	}
	return &perfect{state: s, defect: defect}
}

// quick is a plan for a lab without programs.
func quick(t *testing.T, states int) Plan {
	return Plan{Seed: 1, States: states, Time: time.Minute, Settle: 20 * time.Millisecond, Poll: time.Millisecond, Shrink: 20, Tell: func(line string) { t.Log(line) }}
}

func never(oracle.State) bool { return false }

func TestLabThatIsRight(t *testing.T) {
	l := labOf(t, never)
	before := l.state.Clone()
	result, err := Run(t.Context(), l, quick(t, 20))
	if err != nil || result.Right != 20 || len(result.Findings) > 0 {
		t.Fatalf("error %v, result %+v", err, result)
	}
	if result.Rows.Hosts != 20*len(before.Topology.Hosts) || result.Rows.Routes < 20*40 {
		t.Errorf("compared %+v", result.Rows)
	}
	if !reflect.DeepEqual(l.state, before) {
		t.Errorf("the lab is not what it was")
	}
	if text := result.String(); !strings.Contains(text, "in 20 of 20 states") {
		t.Error(text)
	}
}

// A defect that takes two things shows as these two, and nothing beside them.
func TestSmallestState(t *testing.T) {
	l := labOf(t, func(s oracle.State) bool {
		return len(s.Resources.BGPFilters) > 0 && s.Resources.IPPools[0].Spec.DisableBGPExport
	})
	plan := quick(t, 100)
	found := 0
	result, err := Run(t.Context(), l, plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range result.Findings {
		if len(finding.Smallest) < len(finding.Changes) {
			found++
		}
		filter := slices.ContainsFunc(finding.Smallest, func(name string) bool { return strings.HasPrefix(name, "added BGPFilter") })
		if len(finding.Smallest) != 2 || !filter || !slices.ContainsFunc(finding.Smallest, func(name string) bool { return strings.HasPrefix(name, "changed IPPool") }) {
			t.Errorf("seed %d: smallest is %v of %v", finding.Seed, finding.Smallest, finding.Changes)
		}
		if !finding.Repeatable || !strings.Contains(finding.Difference, "leaf0") {
			t.Errorf("seed %d: repeatable %t, difference %s", finding.Seed, finding.Repeatable, finding.Difference)
		}
		if difference, err := finding.Record.Difference(); err != nil || difference == "" {
			t.Errorf("seed %d: the record has difference %q, error %v", finding.Seed, difference, err)
		}
	}
	if found == 0 {
		t.Error("no state had the defect, so nothing was proven")
	}
}

// A lab that cannot be brought back ends the run with an error.
func TestLabThatStaysWrong(t *testing.T) {
	l := labOf(t, func(s oracle.State) bool { return len(s.Resources.BGPFilters) > 0 })
	l.stuck = true
	result, err := Run(t.Context(), l, quick(t, 100))
	if err == nil || !strings.Contains(err.Error(), "make the lab what it was") || len(result.Findings) != 1 {
		t.Errorf("error %v, %d findings", err, len(result.Findings))
	}
}

func TestLabThatIsWrongBefore(t *testing.T) {
	l := labOf(t, never)
	l.spoiled = true
	if _, err := Run(t.Context(), l, quick(t, 1)); err == nil || !strings.Contains(err.Error(), "before anything is changed") || l.became > 0 {
		t.Errorf("error %v, changed %d times", err, l.became)
	}
}

// A lab that stays as it is agrees with the oracle, and that proves nothing.
func TestLabThatIsDeaf(t *testing.T) {
	l := labOf(t, never)
	l.deaf = true
	if result, err := Run(t.Context(), l, quick(t, 20)); err == nil || !strings.Contains(err.Error(), "did not take the state") || result.Right > 0 {
		t.Errorf("error %v, %d right", err, result.Right)
	}
}

// An interrupt ends the run, and the lab is what it was.
func TestInterrupt(t *testing.T) {
	l := labOf(t, never)
	before := l.state.Clone()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	plan := quick(t, 100)
	plan.Tell = func(line string) {
		if strings.Contains(line, "right after") {
			cancel(why)
		}
	}
	result, err := Run(ctx, l, plan)
	if !errors.Is(err, why) || result.Right != 1 || !reflect.DeepEqual(l.state, before) {
		t.Errorf("error %v, %d right", err, result.Right)
	}
}

// All pieces make the random state.
func TestPieces(t *testing.T) {
	f := fuzzer{base: labOf(t, never).state}
	for seed := range uint64(100) {
		state := f.state(seed)
		pieces := piecesOf(f.base, state)
		if got := assemble(f.base, pieces); !reflect.DeepEqual(got, state) {
			t.Fatalf("seed %d: %v make another state", seed, names(pieces))
		}
		if got := assemble(f.base, nil); !reflect.DeepEqual(got, f.base) {
			t.Fatalf("seed %d: pieces have changed the state at the beginning", seed)
		}
	}
}

func TestKnownIssue(t *testing.T) {
	single, wide := "192.168.3.10/32", "192.168.3.0/24"
	address := []netip.Addr{netip.MustParseAddr("192.168.3.10")}
	of := func(kind corev1.ServiceType, external, loadBalancer, cluster string) oracle.State {
		var c v3.BGPConfiguration
		c.Name = "default"
		c.Spec.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: external}}
		c.Spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: loadBalancer}}
		s := oracle.Service{Type: kind, ExternalIPs: address}
		if kind == corev1.ServiceTypeLoadBalancer {
			s.LoadBalancerIPs = address
		}
		return oracle.State{Resources: calico.Resources{BGPConfigurations: []v3.BGPConfiguration{c}}, Services: []oracle.Service{s}, Nodes: []oracle.Node{{ReflectorClusterID: cluster}}}
	}
	for _, c := range []struct {
		state oracle.State
		want  string
	}{
		{of(corev1.ServiceTypeClusterIP, wide, wide, "244.0.0.1"), ""},
		{of(corev1.ServiceTypeNodePort, single, wide, ""), ""},
		{of(corev1.ServiceTypeClusterIP, single, wide, ""), singleOfClusterIP},
		{of(corev1.ServiceTypeLoadBalancer, wide, single, ""), singleInStatus},
		{of(corev1.ServiceTypeNodePort, single, wide, "244.0.0.1"), singleReflected},
	} {
		if got := knownIssue(c.state); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.state.Services, got, c.want)
		}
	}
}
