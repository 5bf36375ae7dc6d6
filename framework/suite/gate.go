package suite

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
)

const (
	// returnTimeout bounds how long a lab may take to be at its baseline again after a spec,
	// and as long once more after it was mended. It counts from the end of the spec's own
	// clean-up. BIRD waits up to 5 s between attempts to connect, and a session that falls in
	// the wrong moment takes several.
	returnTimeout = convergence
	// replacements bounds how often a broken lab of a suite is replaced.
	replacements = 2
)

// gated is what the gate needs of a lab.
type gated interface {
	// up brings the lab up, or finds it.
	up(ctx context.Context) error
	// dead returns why the lab has ended by itself; nil for one that lives.
	dead(ctx context.Context) error
	// look compares the lab with its baseline once. nested says that the specs of a
	// container share a set-up: what that changed is no fault.
	look(ctx context.Context, nested bool) fault
	// knownIssue returns the number of the known issue with exactly the symptom that the lab
	// shows now; empty for none. It may look for seconds.
	knownIssue(ctx context.Context) string
	// complaints returns what has happened in the lab since it was asked last and must not
	// happen, though it may be over. It waits for nothing.
	complaints(ctx context.Context) fault
	// lacks says what of a spec's needs the lab does not meet, or the design of one that is
	// not up.
	lacks(needs []requirement.Need) error
	// witness keeps evidence of a fault, before anything is done about it.
	witness(ctx context.Context)
	// mend undoes again what is left and starts again what has ended.
	mend(ctx context.Context) error
	// replace takes the lab away; up makes a new one then.
	replace(ctx context.Context) error
}

// fault is one way in which a lab is not what its design says. The zero fault is none.
type fault struct {
	// invariant names what must hold at every moment whatever Calico does, such as
	// birdRunsItsFiles: then the lab is broken. It is empty for tables that differ.
	invariant string
	text      string
	// unable says that the lab or the machine lacks what is needed to look.
	unable bool
}

// faultOf is the fault of a look that has failed.
func faultOf(doing string, err error) fault {
	return fault{text: fmt.Sprintf("%s: %v", doing, err), unable: errors.Is(err, lab.ErrUnable)}
}

func (f fault) none() bool { return f.text == "" }

func (f fault) String() string {
	if f.invariant == "" {
		return f.text
	}
	return f.invariant + ": " + f.text
}

// gate decides which specs may run on a lab. The lab has to be at its baseline, which is
// what its design says, once before its first spec and again after each. A spec that
// leaves it otherwise is blamed; the lab is mended, or replaced by a new one; and specs
// that cannot run are told so at once, without a wait. One fault costs one verdict.
type gate struct {
	lab gated

	isUp     bool
	replaced int
	// unblamed are the faults of labs that no spec has left: those of a start, or of a lab
	// that died between specs.
	unblamed []string
	// broken is why no more specs can run on this lab, and unable says that the reason is
	// what the lab or the machine lacks.
	broken string
	unable bool
	// nested counts the containers whose set-up is in force, and lost is why the set-up of
	// the innermost is gone.
	nested int
	lost   string
}

func newGate(lab gated) *gate { return &gate{lab: lab} }

// admit opens the gate for a spec whose needs the lab meets. It returns the verdict of one
// that cannot run.
func (g *gate) admit(ctx context.Context, needs []requirement.Need) (ruling requirement.Ruling, refused bool) {
	lacking := g.lab.lacks(needs)
	if lacking == nil {
		if broken := g.enter(ctx); broken != "" {
			if g.unable {
				return requirement.Ruling{Verdict: requirement.Unable, Reason: broken}, true
			}
			return requirement.Ruling{Verdict: requirement.BrokenLab, Reason: broken}, true
		}
		lacking = g.lab.lacks(needs)
	}
	if lacking != nil {
		return requirement.Ruling{Verdict: requirement.Unable, Reason: lacking.Error()}, true
	}
	return requirement.Ruling{}, false
}

// enter opens the gate for a spec. It returns why the spec cannot run, or nothing.
func (g *gate) enter(ctx context.Context) (broken string) {
	switch {
	case g.broken != "":
		return g.broken
	case g.lost != "":
		return g.lost
	}
	if g.isUp {
		err := g.lab.dead(ctx)
		if err == nil {
			return ""
		}
		g.unblamed = append(g.unblamed, err.Error())
		if !g.renew(ctx, err.Error()) {
			return g.broken
		}
		if g.lost != "" {
			return g.lost
		}
	}
	for !g.isUp {
		reason := g.bringUp(ctx)
		if reason == "" {
			break
		}
		if g.unable {
			g.broken = reason // a new lab lacks it too
			return g.broken
		}
		g.unblamed = append(g.unblamed, reason)
		if !g.renew(ctx, reason) {
			return g.broken
		}
	}
	return ""
}

// bringUp brings the lab to its baseline. It returns why that failed.
func (g *gate) bringUp(ctx context.Context) (failed string) {
	ctx, cancel := context.WithTimeout(ctx, upTimeout)
	defer cancel()
	if err := g.lab.up(ctx); err != nil {
		g.unable = errors.Is(err, lab.ErrUnable)
		return err.Error()
	}
	f := g.await(ctx, false)
	if f.none() {
		g.isUp = true
		if f = g.lab.complaints(ctx); !f.none() {
			// The lab is at its baseline even so, and no spec is to blame.
			g.unblamed = append(g.unblamed, f.String())
		}
		return ""
	}
	if f.unable {
		g.unable = true
		return f.text
	}
	g.lab.witness(ctx)
	return fmt.Sprintf("the lab is not what its design says %s after it was up: %s", returnTimeout, f)
}

// blame is what a spec has left.
type blame struct {
	fault
	// issue is the number of a known issue with exactly this symptom; empty for none.
	issue string
	// mended says that the same lab is at its baseline again.
	mended bool
	// then says what became of the lab.
	then string
}

// leave waits until the lab is at its baseline again after a spec. If it is not, leave
// mends or replaces the lab and returns what the spec left.
func (g *gate) leave(ctx context.Context) (blame, bool) {
	if !g.isUp || g.broken != "" {
		return blame{}, false
	}
	err := g.lab.dead(ctx)
	var f fault
	if err != nil {
		f = fault{invariant: componentsRun, text: err.Error()}
	} else {
		f = g.await(ctx, g.nested > 0)
	}
	if f.none() {
		if f = g.lab.complaints(ctx); !f.none() {
			g.lab.witness(ctx)
			return blame{fault: f, mended: true, then: "the lab is at its baseline"}, true
		}
		return blame{}, false
	}
	issue := ""
	if err == nil && f.invariant == "" && !f.unable {
		issue = g.lab.knownIssue(ctx)
	}
	g.lab.witness(ctx)
	if err == nil {
		if err = g.lab.mend(ctx); err == nil {
			left := g.await(ctx, g.nested > 0)
			if left.none() {
				g.lab.complaints(ctx) // what mending did is nobody's fault
				return blame{f, issue, true, "the lab was mended and is at its baseline"}, true
			}
			err = fmt.Errorf("%s", left)
		}
	}
	if g.renew(ctx, fmt.Sprintf("a spec before left it otherwise (%s), and it could not be mended: %v", f, err)) {
		return blame{f, issue, false, fmt.Sprintf("the lab could not be mended (%v) and is replaced", err)}, true
	}
	return blame{f, issue, false, "the lab is broken: " + g.broken}, true
}

// renew takes the lab away, so that the next spec gets a new one, if there may be one
// more. Otherwise the lab is broken permanently.
func (g *gate) renew(ctx context.Context, reason string) bool {
	g.isUp = false
	if ctx.Err() != nil {
		g.broken = fmt.Sprintf("%s (and the time for a new lab is over: %v)", reason, context.Cause(ctx))
		return false
	}
	if g.replaced >= replacements {
		g.broken = fmt.Sprintf("%s (this was lab number %d)", reason, g.replaced+1)
		return false
	}
	g.replaced++
	if g.nested > 0 {
		g.lost = "the lab with this container's set-up was replaced: " + reason
	}
	if err := g.lab.replace(ctx); err != nil {
		g.broken = fmt.Sprintf("%s (and it could not be replaced: %v)", reason, err)
		return false
	}
	return true
}

// nest begins a container whose specs share a set-up, and unnest ends it.
func (g *gate) nest() { g.nested++ }

func (g *gate) unnest() {
	if g.nested--; g.nested == 0 {
		g.lost = ""
	}
}

// await looks until nothing is wrong, and returns what was wrong in the end.
func (g *gate) await(ctx context.Context, nested bool) fault {
	var last fault
	err := wait.PollUntilContextTimeout(ctx, poll, returnTimeout, true, func(ctx context.Context) (bool, error) {
		f := g.lab.look(ctx, nested)
		done := f.none() || f.unable
		if done || ctx.Err() == nil || last.none() {
			// A fault that is seen after the deadline may be of a look that was cut short.
			last = f
		}
		return done, nil
	})
	if err == nil {
		return last
	}
	if last.none() {
		last = fault{text: fmt.Sprintf("nobody could look: %v", err)}
	}
	return last
}
