package suite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
)

// fakeLab is a lab in memory. It shows one of its faults at each look, and the last one
// from then on.
type fakeLab struct {
	faults    []fault
	ups       int
	upErr     error
	death     error
	mends     int
	mendErr   error
	cured     bool // by mend
	stubborn  bool // a new lab is no better
	replaces  int
	nestedSaw []bool
	looks     int
	slow      int // the look that takes until the deadline
	said      fault
	issue     string // by which it shows its fault
	witnessed []int  // how often the lab had been changed by then
	// lacking are needs that the lab does not meet; those of its design show before it is up.
	lacking map[requirement.Need]bool
}

func (f *fakeLab) lacks(needs []requirement.Need) error {
	for _, need := range needs {
		if f.lacking[need] && (f.ups > 0 || need == requirement.Clients) {
			return fmt.Errorf("%s: %w", need, lab.ErrUnable)
		}
	}
	return nil
}

func (f *fakeLab) up(context.Context) error { f.ups++; return f.upErr }

func (f *fakeLab) dead(context.Context) error { return f.death }

func (f *fakeLab) look(ctx context.Context, nested bool) fault {
	f.looks++
	if f.slow == f.looks {
		<-ctx.Done()
	}
	f.nestedSaw = append(f.nestedSaw, nested)
	if len(f.faults) == 0 {
		return fault{}
	}
	first := f.faults[0]
	if len(f.faults) > 1 {
		f.faults = f.faults[1:]
	}
	return first
}

func (f *fakeLab) complaints(context.Context) fault {
	said := f.said
	f.said = fault{}
	return said
}

func (f *fakeLab) knownIssue(context.Context) string { return f.issue }

func (f *fakeLab) witness(context.Context) { f.witnessed = append(f.witnessed, f.mends+f.replaces) }

func (f *fakeLab) mend(context.Context) error {
	f.mends++
	if f.cured {
		f.faults = nil
	}
	return f.mendErr
}

func (f *fakeLab) replace(context.Context) error {
	f.replaces++
	if !f.stubborn {
		f.faults, f.death, f.upErr = nil, nil, nil
	}
	return nil
}

// The tests below run on a clock that goes on only when everybody waits (testing/synctest): a
// gate's waits cost nothing, and no look is left out on a slow machine.

var wrongTable = fault{text: "leaf0: a route is missing"}

func TestGateLooksOncePerSpec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{}
		g := newGate(lab)
		for range 3 {
			if broken := g.enter(t.Context()); broken != "" {
				t.Fatalf("a lab that is well is refused: %s", broken)
			}
			if b, left := g.leave(t.Context()); left {
				t.Fatalf("a spec that leaves nothing is blamed: %v", b)
			}
		}
		if lab.ups != 1 || lab.looks != 4 {
			t.Errorf("the lab was brought up %d times and looked at %d times, want 1 and 4", lab.ups, lab.looks)
		}
	})
}

func TestGateBlamesWhoLeftIt(t *testing.T) {
	for name, test := range map[string]struct {
		lab             *fakeLab
		mends, replaces int
		then            string
	}{
		"comes back by itself": {&fakeLab{}, 0, 0, ""},
		"mended":               {&fakeLab{cured: true}, 1, 0, "mended"},
		"a known issue":        {&fakeLab{cured: true, issue: collisions}, 1, 0, "mended"},
		"not to be mended":     {&fakeLab{}, 1, 1, "replaced"},
		"mending fails":        {&fakeLab{mendErr: errors.New("the API server is gone")}, 1, 1, "the API server is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(test.lab)
				if broken := g.enter(t.Context()); broken != "" {
					t.Fatal(broken)
				}
				test.lab.faults = []fault{wrongTable}
				if test.then == "" {
					test.lab.faults = []fault{wrongTable, wrongTable, {}}
				}
				b, left := g.leave(t.Context())
				if left != (test.then != "") || !strings.Contains(b.then, test.then) {
					t.Errorf("blamed %v: %s, want %q", left, b.then, test.then)
				}
				if left != (len(test.lab.witnessed) == 1) || left && test.lab.witnessed[0] != 0 {
					t.Errorf("evidence was kept after %v repairs, want once and before the first", test.lab.witnessed)
				}
				if left && b.fault != wrongTable {
					t.Errorf("blamed for %s", b.fault)
				}
				if left && b.issue != test.lab.issue {
					t.Errorf("blamed issue %q, want %q", b.issue, test.lab.issue)
				}
				if b.mended != (test.then == "mended") {
					t.Errorf("the same lab is at its baseline: %v, and %s", b.mended, b.then)
				}
				if test.lab.mends != test.mends || test.lab.replaces != test.replaces {
					t.Errorf("mended %d times and replaced %d times, want %d and %d", test.lab.mends, test.lab.replaces, test.mends, test.replaces)
				}
				// Whatever the spec left, the next one runs.
				if broken := g.enter(t.Context()); broken != "" {
					t.Errorf("the next spec is refused: %s", broken)
				}
			})
		})
	}
}

func TestGateGivesUpAtOnceAfterTwoNewLabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{faults: []fault{wrongTable}, stubborn: true}
		g := newGate(lab)
		first := g.enter(t.Context())
		if len(g.unblamed) != 1+replacements || len(lab.witnessed) != 1+replacements {
			t.Errorf("of %d labs %d are told and %d have evidence", lab.ups, len(g.unblamed), len(lab.witnessed))
		}
		if !strings.Contains(first, wrongTable.text) || lab.ups != 1+replacements {
			t.Fatalf("%d labs, and then %q", lab.ups, first)
		}
		looks := lab.looks
		for range 30 {
			if g.enter(t.Context()) != first {
				t.Fatal("a spec is told otherwise")
			}
			if _, left := g.leave(t.Context()); left {
				t.Fatal("a spec that did not run is blamed")
			}
		}
		if lab.ups != 1+replacements || lab.looks != looks {
			t.Error("specs waited for a lab that is broken")
		}
	})
}

func TestGateReplacesALabThatDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{}
		g := newGate(lab)
		g.enter(t.Context())
		lab.death = errors.New("its process has ended")
		if broken := g.enter(t.Context()); broken != "" || lab.replaces != 1 || lab.ups != 2 {
			t.Errorf("refused %q after %d replacements", broken, lab.replaces)
		}
		if len(g.unblamed) != 1 || g.unblamed[0] != "its process has ended" {
			t.Errorf("nobody hears of the lab that died: %v", g.unblamed)
		}
	})
}

func TestGateOfAContainerWithASetUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{}
		g := newGate(lab)
		g.enter(t.Context())
		g.nest()
		if g.leave(t.Context()); !lab.nestedSaw[len(lab.nestedSaw)-1] {
			t.Error("the set-up of a container counts as a fault")
		}
		lab.faults = []fault{wrongTable}
		if _, left := g.leave(t.Context()); !left {
			t.Fatal("nobody is blamed")
		}
		if broken := g.enter(t.Context()); !strings.Contains(broken, "set-up") {
			t.Errorf("a spec runs without its container's set-up: %q", broken)
		}
		if _, left := g.leave(t.Context()); left {
			t.Error("a spec that did not run is blamed")
		}
		if _, left := g.leave(t.Context()); left {
			t.Error("a spec that did not run is blamed")
		}
		g.unnest()
		if broken := g.enter(t.Context()); broken != "" {
			t.Errorf("after the container specs are refused: %s", broken)
		}
		if g.leave(t.Context()); lab.nestedSaw[len(lab.nestedSaw)-1] {
			t.Error("after the container its set-up is allowed")
		}
	})
}

func TestGateWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		lab := &fakeLab{upErr: errors.New("no space left")}
		g := newGate(lab)
		cancel()
		if broken := g.enter(ctx); !strings.Contains(broken, "no space left") || lab.replaces != 0 {
			t.Errorf("got %q after %d replacements", broken, lab.replaces)
		}
	})
}

// A look may begin before the deadline, find nothing wrong, and end after it.
func TestGateTakesALookThatEndsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{faults: []fault{wrongTable, {}}, slow: 2}
		if f := newGate(lab).await(t.Context(), false); !f.none() || lab.looks != 2 {
			t.Errorf("after %d looks: %s", lab.looks, f)
		}
	})
}

func TestGateBlamesForWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{}
		g := newGate(lab)
		g.enter(t.Context())
		lab.said = fault{invariant: logsAreClean, text: "panic: no such thing"}
		if b, left := g.leave(t.Context()); !left || b.invariant != logsAreClean || lab.mends+lab.replaces != 0 {
			t.Errorf("blamed %v for %v after %d repairs", left, b, lab.mends+lab.replaces)
		}
		if _, left := g.leave(t.Context()); left {
			t.Error("the next spec is blamed for it too")
		}
	})
}

func TestGateRefusesASpecWhoseNeedsAreUnmet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLab{lacking: map[requirement.Need]bool{requirement.CutLinks: true, requirement.Clients: true}}
		g := newGate(f)
		if ruling, refused := g.admit(t.Context(), []requirement.Need{requirement.Clients}); !refused || ruling.Verdict != requirement.Unable || f.ups != 0 {
			t.Errorf("a design without a client: refused %t with %q after %d labs were brought up", refused, ruling, f.ups)
		}
		ruling, refused := g.admit(t.Context(), []requirement.Need{requirement.EnterPods, requirement.CutLinks})
		if !refused || ruling.Verdict != requirement.Unable || !strings.HasPrefix(ruling.Reason, "cut-links") {
			t.Errorf("a lab that cuts no links: refused %t with %q", refused, ruling)
		}
		if f.mends+f.replaces+len(f.witnessed) != 0 {
			t.Errorf("the lab was mended %d and replaced %d times", f.mends, f.replaces)
		}
		if ruling, refused := g.admit(t.Context(), []requirement.Need{requirement.EnterPods}); refused {
			t.Errorf("a spec whose needs are met is refused with %q", ruling)
		}
	})
}

func TestGateOfALabThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, f := range map[string]*fakeLab{
			"the machine lacks something":    {upErr: fmt.Errorf("no IPIP: %w", lab.ErrUnable)},
			"a host lacks what is looked at": {faults: []fault{faultOf("no IPIP", lab.ErrUnable)}},
		} {
			g := newGate(f)
			for range 3 {
				ruling, refused := g.admit(t.Context(), nil)
				if !refused || ruling.Verdict != requirement.Unable || !strings.Contains(ruling.Reason, "no IPIP") {
					t.Errorf("%s: refused %t with %q", name, refused, ruling)
				}
			}
			if f.ups != 1 || f.replaces != 0 || f.looks > 1 || len(g.unblamed) != 0 {
				t.Errorf("%s: %d labs, %d new ones, %d looks, blamed %q", name, f.ups, f.replaces, f.looks, g.unblamed)
			}
		}
	})
}
