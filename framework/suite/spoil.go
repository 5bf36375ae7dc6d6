package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/reports"
)

const (
	// spoilTimeout bounds how long a defect may take to be put in, and to be taken out.
	spoilTimeout = 30 * time.Second
	// restTimeout bounds the wait for a spoiled lab to come to rest, and restPoll is the time
	// between two looks that have to see the same.
	restTimeout = 10 * time.Second
	restPoll    = 400 * time.Millisecond
	// glance bounds one look at a spoiled lab, whose programs may not answer.
	glance = 2 * time.Second
)

// spoil brings a lab into a round: the defect of the round before is taken out, and that of
// this one is put in. It is put in again where it has gone.
func (x *sabotaging) spoil(ctx context.Context, l *Lab, r *round) *row {
	if current := x.rowOf(l, r); current != nil {
		defer current.spend(time.Now())
		if l.spoiled != nil && l.spoiled.row == current {
			look, done := context.WithTimeout(ctx, glance)
			defer done()
			if l.spoiled.spoiling.Present(look) != nil {
				// A spec has repaired the lab.
				x.put(ctx, l, current, l.spoiled.spoiling)
			}
			if current.disturbed && current.Void == "" {
				// A long spec changes the lab in most cases, and others wait too short for that.
				current.disturbed = false
				l.restAs(ctx, current.Gate)
			}
		}
		return current
	}
	x.clean(ctx, l)
	current := &row{round: r, lab: l, SabotageDefect: reports.SabotageDefect{
		ID: r.name, What: r.defect.What, Lab: l.describe(), Red: r.defect.Red, Green: r.defect.Green,
		Canary: r.number == canaryRound, Cells: map[string]reports.SabotageCell{},
	}}
	x.rows = append(x.rows, current)
	defer current.spend(time.Now())
	// The lab is at its baseline, or is brought up.
	if ruling, refused := l.gate.admit(ctx, nil); refused {
		current.Void = "the lab is not at its baseline: " + ruling.String()
		return current
	}
	state, err := l.State(ctx)
	if err != nil {
		current.Void = err.Error()
		return current
	}
	spoiling, err := r.defect.Aim(&sabotage.Bench{Lab: l.Lab, Calico: l.Calico, Client: l.Client, State: state})
	switch {
	case errors.Is(err, sabotage.ErrNoTarget), errors.Is(err, lab.ErrUnable):
		current.NotApplicable = strings.TrimPrefix(err.Error(), sabotage.ErrNoTarget.Error()+": ")
		return current
	case err != nil:
		current.Void = err.Error()
		return current
	}
	current.Target = spoiling.Target
	l.spoiled = &spoiled{row: current, spoiling: spoiling}
	x.put(ctx, l, current, spoiling)
	return current
}

func (x *sabotaging) rowOf(l *Lab, r *round) *row {
	for _, row := range x.rows {
		if row.lab == l && row.round == r {
			return row
		}
	}
	return nil
}

// put puts a defect in and waits until it is there and the lab has come to rest. A defect
// that does not appear is taken out.
func (x *sabotaging) put(ctx context.Context, l *Lab, current *row, spoiling sabotage.Spoiling) {
	ctx, done := context.WithTimeout(ctx, spoilTimeout)
	defer done()
	var err error
	for {
		if err = spoiling.Put(ctx); err == nil {
			err = spoiling.Appear(ctx)
			break
		}
		select { // the spec before may have left the target about to come back
		case <-time.After(restPoll):
			continue
		case <-ctx.Done():
		}
		break
	}
	if err != nil {
		current.Void = "the defect could not be put in: " + err.Error()
		return
	}
	current.Gate = l.rest(ctx).text
}

// rest looks until two looks see the same.
func (l *Lab) rest(ctx context.Context) fault {
	ctx, done := context.WithTimeout(ctx, restTimeout)
	defer done()
	var last *fault
	for {
		look, stop := context.WithTimeout(ctx, glance)
		f := l.look(look, true)
		stop()
		if last != nil && *last == f || ctx.Err() != nil {
			return f
		}
		last = &f
		select {
		case <-ctx.Done():
		case <-time.After(restPoll):
		}
	}
}

// restAs looks until the lab is what it was when the defect had just been put in.
func (l *Lab) restAs(ctx context.Context, gate string) {
	ctx, done := context.WithTimeout(ctx, restTimeout)
	defer done()
	for ctx.Err() == nil && l.rest(ctx).text != gate {
		continue // each look takes its time
	}
}

// clean takes a lab's defect out and waits until the gate sees the baseline again. If it does
// not, the defect is void, and the lab is mended or replaced.
func (x *sabotaging) clean(ctx context.Context, l *Lab) {
	if l.spoiled == nil {
		return
	}
	current := l.spoiled.row
	began := time.Now()
	undo, done := context.WithTimeout(context.WithoutCancel(ctx), spoilTimeout)
	defer done()
	if met := l.spoiled.spoiling.Met; met != nil && current.Void == "" {
		switch any, err := met(undo); {
		case err != nil:
			current.Void = "nobody can count what has met the defect: " + err.Error()
		case !any:
			current.Unmet = "no packet has met the defect while the specs ran"
		}
	}
	err := l.spoiled.spoiling.Undo(undo)
	l.spoiled = nil
	f := l.gate.await(ctx, false)
	if !f.none() {
		mendErr := l.gate.lab.mend(ctx)
		left := l.gate.await(ctx, false)
		switch {
		case left.none():
			current.Mended = f.String()
		default:
			current.Void = fmt.Sprintf("the lab did not return to its baseline: %s", left)
			l.gate.renew(ctx, errors.Join(errors.New(left.String()), mendErr).Error())
		}
	}
	if err != nil {
		current.Void = "the defect could not be taken out: " + err.Error()
	}
	if l.running != nil {
		l.gate.lab.complaints(ctx) // the defect did what they say
	}
	current.spend(began)
	x.tell(current)
}

// spend counts time for the defect that has passed since a moment.
func (r *row) spend(since time.Time) { r.Seconds += time.Since(since).Seconds() }

// tell prints one line on a defect that is over.
func (x *sabotaging) tell(r *row) {
	killed := 0
	for _, cell := range r.Cells {
		if cell.Killed {
			killed++
		}
	}
	sees := "the gate sees nothing"
	if r.Gate != "" {
		sees = "the gate sees it"
	}
	if r.Void != "" {
		sees = "VOID: " + r.Void
	}
	fmt.Fprintf(os.Stdout, "  %-28s %-24s killed %2d of %2d, %5.1f s, %s\n", r.ID, r.Lab, killed, len(r.Cells), r.Seconds, sees)
}

// cleanAll takes the last defects out, so that their end is proven too.
func (x *sabotaging) cleanAll(ctx context.Context) {
	for _, l := range x.suite.labs {
		x.clean(ctx, l)
		for _, reason := range l.gate.unblamed {
			if x.void == "" {
				x.void = fmt.Sprintf("%s: a lab of %s broke unasked: %s", requirement.BrokenLab, l.describe(), reason)
			}
		}
	}
}
