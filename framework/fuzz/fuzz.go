package fuzz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/oracle/random"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// Lab is the lab that is put into random states (steer.Site).
type Lab interface {
	// State is the state that the lab is in.
	State(ctx context.Context) (oracle.State, error)
	// Become asks for another one.
	Become(ctx context.Context, wanted oracle.State) error
	// Stale says which program does not run its files yet; empty if all do.
	Stale(ctx context.Context, routers []fabric.Router) (string, error)
	// View is what the hosts have.
	View(ctx context.Context, routers []fabric.Router) (snapshot.View, error)
}

// Plan is what is to be tried.
type Plan struct {
	// Seed is that of the first state; each further one has the next number.
	Seed uint64
	// States is how many states are tried at most, and Time how long no new one begins.
	States int
	Time   time.Duration
	// Settle bounds how long a state may take until the lab agrees with the oracle, Calm is
	// how long it has to agree, and Poll the interval of looks.
	Settle, Calm, Poll time.Duration
	// Shrink bounds how many smaller states are tried for one that differs.
	Shrink int
	// Tell takes a line about each state.
	Tell func(line string)
}

// Finding is a state in which the lab and the oracle differ.
type Finding struct {
	Seed uint64
	// Changes are all that the state has beside the lab's own, and Smallest those of them
	// without which it does not differ.
	Changes, Smallest []string
	// Repeatable says that the smallest state differs too when it follows that of the
	// beginning, whatever came before.
	Repeatable bool
	// Difference is that of the smallest state, and Record the state with what the hosts had.
	Difference string
	Record     snapshot.Record
}

// Result is what came of a plan.
type Result struct {
	// Right counts the states in which the lab agreed, and Rows what was compared in them.
	Right int
	Rows  snapshot.Count
	// Restless are the states that the oracle refuses or that never come to rest, Same those
	// that change nothing, Undecided those that depend on the order in which paths arrive,
	// Severed those in which a session ends by its hold time alone, Refused those that the API
	// server refused, and Known those that run into a known issue, by its number. None of them
	// was tried.
	Restless, Same, Undecided, Severed, Refused int
	Known                                       map[string]int
	Findings                                    []Finding
	// Slowest is how long the slowest state took, and Took is the time of all.
	Slowest, Took time.Duration
}

// Tried counts the states that the lab was compared in.
func (r Result) Tried() int { return r.Right + len(r.Findings) }

// String is the result in one line.
func (r Result) String() string {
	left := []string{fmt.Sprintf("%d for which the oracle computes nothing", r.Restless)}
	if r.Same > 0 {
		left = append(left, fmt.Sprintf("%d that change nothing", r.Same))
	}
	if r.Undecided > 0 {
		left = append(left, fmt.Sprintf("%d that depend on the order of arrival", r.Undecided))
	}
	if r.Severed > 0 {
		left = append(left, fmt.Sprintf("%d in which a session ends by its hold time alone", r.Severed))
	}
	if r.Refused > 0 {
		left = append(left, fmt.Sprintf("%d that the API server refused", r.Refused))
	}
	for _, number := range slices.Sorted(maps.Keys(r.Known)) {
		left = append(left, fmt.Sprintf("%d of %s", r.Known[number], number))
	}
	hosts, routes := r.Rows.Hosts, 0
	if r.Right > 0 {
		hosts, routes = r.Rows.Hosts/r.Right, r.Rows.Routes/r.Right
	}
	return fmt.Sprintf("right on %d hosts with %d routes in %d of %d states (%d routes, %d ends of sessions and %d paths compared; slowest %.1f s, all %.0f s; not tried: %s)",
		hosts, routes, r.Right, r.Tried(), r.Rows.Routes, r.Rows.Sessions, r.Rows.Paths, r.Slowest.Seconds(), r.Took.Seconds(), strings.Join(left, ", "))
}

// attempts bounds how many seeds are looked at for each state that is tried.
const attempts = 20

// fuzzer tries the states of a plan.
type fuzzer struct {
	Plan
	lab  Lab
	base oracle.State
}

// Run tries the states of a plan on a lab that agrees with the oracle, and undoes them. An
// error says that the lab is not what it was; the result has what there is by then.
func Run(ctx context.Context, l Lab, p Plan) (result Result, err error) {
	began := time.Now()
	f := fuzzer{Plan: p, lab: l}
	if f.base, err = l.State(ctx); err != nil {
		return result, err
	}
	if f.base.Flannel != nil {
		return result, errors.New("the lab's pod network is flannel's, and random changes are of Calico's: take a lab in another mode")
	}
	if _, difference, err := f.settle(ctx); err != nil || difference != "" {
		return result, errors.Join(err, fmt.Errorf("the lab differs from the oracle before anything is changed:\n%s", difference))
	}
	defer func() {
		// Also after an interrupt.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*p.Settle)
		defer cancel()
		err = errors.Join(err, f.goBack(ctx))
		result.Took = time.Since(began)
	}()
	result.Known = map[string]int{}
	for seed := p.Seed; result.Tried() < p.States && seed < p.Seed+uint64(p.States*attempts) && time.Since(began) < p.Time && ctx.Err() == nil; seed++ {
		if err := f.try(ctx, seed, &result); err != nil {
			return result, fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return result, context.Cause(ctx)
}

// state is the state of a seed.
func (f *fuzzer) state(seed uint64) oracle.State {
	state := f.base.Clone()
	for _, change := range random.Changes(seed, random.Living) {
		change.Apply(&state)
	}
	for i := len(f.base.Services); i < len(state.Services); i++ {
		// A service of the same name as one before would be a change of that.
		state.Services[i].Name = fmt.Sprintf("%s-%d", state.Services[i].Name, seed)
	}
	return state
}

// try tries the state of one seed.
func (f *fuzzer) try(ctx context.Context, seed uint64, result *Result) error {
	state := f.state(seed)
	pieces := piecesOf(f.base, state)
	undecided, err := state.Undecided()
	severed, severedErr := state.Severed()
	switch err = errors.Join(err, severedErr); {
	case err != nil:
		f.Tell(fmt.Sprintf("seed %d: not tried: %v", seed, err))
		result.Restless++
		return nil
	case len(pieces) == 0:
		result.Same++
		return nil
	case len(undecided) > 0:
		result.Undecided++
		return nil
	case len(severed) > 0:
		result.Severed++
		return nil
	}
	if number := knownIssue(state); number != "" {
		result.Known[number]++
		return nil
	}
	began := time.Now()
	if err := f.lab.Become(ctx, assemble(f.base, pieces)); err != nil {
		if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
			f.Tell(fmt.Sprintf("seed %d: refused: %v", seed, err))
			result.Refused++
			return nil
		}
		return err
	}
	if err := f.taken(ctx, pieces); err != nil {
		return err
	}
	view, difference, err := f.settle(ctx)
	if err != nil {
		return err
	}
	if difference == "" {
		took := time.Since(began)
		count := view.Count()
		result.Right, result.Slowest = result.Right+1, max(result.Slowest, took)
		result.Rows.Hosts, result.Rows.Routes = result.Rows.Hosts+count.Hosts, result.Rows.Routes+count.Routes
		result.Rows.Sessions, result.Rows.Paths = result.Rows.Sessions+count.Sessions, result.Rows.Paths+count.Paths
		f.Tell(fmt.Sprintf("seed %d: right after %.1f s: %s", seed, took.Seconds(), describe(pieces)))
		return nil
	}
	f.Tell(fmt.Sprintf("seed %d: DIFFERS: %s\n%s", seed, describe(pieces), difference))
	finding, err := f.shrink(ctx, seed, pieces)
	result.Findings = append(result.Findings, finding)
	return err
}

// taken verifies that the lab has become what it was told: a lab that stays as it is agrees
// with the oracle, whatever the state.
func (f *fuzzer) taken(ctx context.Context, pieces []piece) error {
	now, err := f.lab.State(ctx)
	if err != nil {
		return err
	}
	there := names(piecesOf(f.base, now))
	for _, p := range pieces {
		if !slices.Contains(there, p.name) {
			return fmt.Errorf("the lab did not take the state: %s is missing, and there is %v (a defect of Rackproof)", p.name, there)
		}
	}
	return nil
}

// settle waits until the lab agrees with the oracle and goes on agreeing. It returns what
// differs when the time is over.
func (f *fuzzer) settle(ctx context.Context) (view snapshot.View, difference string, err error) {
	var agreed time.Time
	err = wait.PollUntilContextTimeout(ctx, f.Poll, f.Settle, true, func(ctx context.Context) (bool, error) {
		now, text, err := f.look(ctx)
		switch {
		case err != nil && difference != "":
			return false, nil // as at the end of the time: a look that was cut short says nothing
		case err != nil:
			difference = err.Error()
		default:
			view, difference = now, text
		}
		if difference != "" {
			agreed = time.Time{}
			return false, nil
		}
		if agreed.IsZero() {
			agreed = time.Now()
		}
		return time.Since(agreed) >= f.Calm, nil
	})
	if err != nil && ctx.Err() != nil {
		return view, difference, context.Cause(ctx)
	}
	if err != nil && difference == "" {
		difference = fmt.Sprintf("the lab agreed, and not for %s", f.Calm)
	}
	return view, difference, nil
}

// look compares the lab with the oracle once.
func (f *fuzzer) look(ctx context.Context) (view snapshot.View, difference string, err error) {
	state, err := f.lab.State(ctx)
	if err != nil {
		return view, "", err
	}
	if stale, err := f.lab.Stale(ctx, state.Routers); err != nil || stale != "" {
		return view, stale, err
	}
	expected, err := snapshot.Expected(state)
	if err != nil {
		return view, "", err
	}
	if view, err = f.lab.View(ctx, state.Routers); err != nil {
		return view, "", err
	}
	settled := view
	if settled.Paths, err = state.WithoutLeftovers(view.Paths); err != nil {
		return view, "", err
	}
	return view, snapshot.Difference(expected, settled), nil
}

// goBack makes the lab what it was.
func (f *fuzzer) goBack(ctx context.Context) error {
	if err := f.lab.Become(ctx, f.base); err != nil {
		return fmt.Errorf("make the lab what it was: %w (take it down)", err)
	}
	_, difference, err := f.settle(ctx)
	if err != nil || difference != "" {
		return fmt.Errorf("make the lab what it was: %w (take it down)", errors.Join(err, errors.New(difference)))
	}
	return nil
}
