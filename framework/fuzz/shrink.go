package fuzz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// shrink leaves pieces out of a state that differs, as long as it still differs. Then it
// tries the smallest state after that of the beginning, and leaves the lab at the beginning.
func (f *fuzzer) shrink(ctx context.Context, seed uint64, pieces []piece) (Finding, error) {
	finding := Finding{Seed: seed, Changes: names(pieces), Smallest: names(pieces)}
	keep := func(difference string) error {
		record, err := f.record(ctx, seed, pieces)
		finding.Difference, finding.Record, finding.Smallest = difference, record, names(pieces)
		return err
	}
	_, difference, err := f.look(ctx)
	if err := errors.Join(err, keep(difference)); err != nil {
		return finding, err
	}
	left := f.Shrink
	for i := 0; i < len(pieces) && len(pieces) > 1 && left > 0; {
		fewer := slices.Delete(slices.Clone(pieces), i, i+1)
		state := assemble(f.base, fewer)
		if !settled(state) {
			i++
			continue
		}
		left--
		difference, err := f.differs(ctx, state)
		if err != nil {
			return finding, err
		}
		if difference == "" {
			i++
			continue
		}
		pieces = fewer
		f.Tell(fmt.Sprintf("seed %d: still differs with %s", seed, describe(pieces)))
		if err := keep(difference); err != nil {
			return finding, err
		}
	}
	if err := f.goBack(ctx); err != nil {
		return finding, err
	}
	difference, err = f.differs(ctx, assemble(f.base, pieces))
	if err != nil {
		return finding, err
	}
	if finding.Repeatable = difference != ""; finding.Repeatable {
		if err := keep(difference); err != nil {
			return finding, err
		}
	}
	return finding, f.goBack(ctx)
}

// differs puts the lab into a state and returns what differs there.
func (f *fuzzer) differs(ctx context.Context, state oracle.State) (string, error) {
	if err := f.lab.Become(ctx, state); err != nil {
		return "", err
	}
	_, difference, err := f.settle(ctx)
	return difference, err
}

// record keeps the state that the lab is in, with what the hosts have.
func (f *fuzzer) record(ctx context.Context, seed uint64, pieces []piece) (snapshot.Record, error) {
	state, err := f.lab.State(ctx)
	if err != nil {
		return snapshot.Record{}, err
	}
	view, err := f.lab.View(ctx, state.Routers)
	if err != nil {
		return snapshot.Record{}, err
	}
	return snapshot.Record{Source: fmt.Sprintf("seed %d: %s", seed, describe(pieces)), State: state, Seen: view.Lines()}, nil
}

// settled reports whether a lab can be compared in a state: nothing but the state decides
// what its hosts have, and within the time that a lab gets.
func settled(state oracle.State) bool {
	undecided, err := state.Undecided()
	severed, severedErr := state.Severed()
	return errors.Join(err, severedErr) == nil && len(undecided) == 0 && len(severed) == 0 && knownIssue(state) == ""
}
