package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/reports"
)

const (
	// putTimeout bounds the attempts to put a defect in: the spec before may have left its
	// target about to come back.
	putTimeout = 5 * time.Second
	// spoilTimeout bounds how long a defect may take to be put in, and to be taken out.
	spoilTimeout = 30 * time.Second
	// restTimeout bounds the wait for a spoiled lab to come to rest, and restPoll is the time
	// between two looks that have to see the same.
	restTimeout = 10 * time.Second
	restPoll    = 400 * time.Millisecond
	// sessionsStill is how long a lab whose sessions are spoiled has to stay as it is. BIRD
	// waits 2 s before it connects again (connect delay time 2).
	sessionsStill = 3 * time.Second
	// otherStill is how long a lab may stay otherwise than before a long spec until that is
	// what it is. BIRD tries again to connect after 5 s (connect retry time 5).
	otherStill = 6 * time.Second
	// glance bounds one look at a spoiled lab, whose programs may not answer.
	glance = 2 * time.Second
)

// spoil brings a lab into a round: the defect of the round before is taken out, and that of
// this one is put in. It is put in again where it has gone. The set-up of an ordered container
// may have left no place for it, as that of a mode without a mesh does for a session of the mesh:
// then the row says that it is absent.
func (x *sabotaging) spoil(ctx context.Context, l *Lab, r *round, ordered bool) *row {
	if current := x.rowOf(l, r); current != nil {
		defer current.spend(time.Now())
		current.absent = false
		if l.spoiled != nil && l.spoiled.row == current && current.Void == "" {
			look, done := context.WithTimeout(ctx, glance)
			defer done()
			if l.spoiled.spoiling.Present(look) != nil {
				// A spec has repaired the lab.
				if ordered && appear(ctx, l.spoiled.spoiling, putTimeout) != nil {
					current.absent = true
					return current
				}
				x.put(ctx, l, current, l.spoiled.spoiling)
			}
			if current.disturbed && current.Void == "" {
				// A long spec changes the lab in most cases, and others wait too short for that.
				current.disturbed = false
				current.standing = l.restAs(ctx, current.standing)
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
	if err := appear(ctx, spoiling, spoilTimeout); err != nil {
		current.Void = "the defect could not be put in: " + err.Error()
		x.clean(ctx, l)
		return
	}
	still := restPoll
	if current.round.defect.Kind == sabotage.Session {
		still = sessionsStill
	}
	current.standing = l.rest(ctx, still)
	look, stop := context.WithTimeout(ctx, glance)
	defer stop()
	current.Gate = l.look(look, true).text
}

// appear puts a defect in and waits until it is there, for a time at most.
func appear(ctx context.Context, spoiling sabotage.Spoiling, within time.Duration) error {
	ctx, end := context.WithTimeout(ctx, within)
	defer end()
	trying, done := context.WithTimeout(ctx, putTimeout)
	defer done()
	for {
		err := spoiling.Put(trying)
		if err == nil {
			return spoiling.Appear(ctx)
		}
		select {
		case <-time.After(restPoll):
		case <-trying.Done():
			return err
		}
	}
}

// standing is what a spoiled lab's hosts have: sessions and routes. Hosts that do not answer
// are not in it.
func (l *Lab) standing(ctx context.Context) string {
	ctx, done := context.WithTimeout(ctx, glance)
	defer done()
	sessions, _ := observe.Sessions(ctx, l.Lab)
	tables, _ := observe.KernelTables(ctx, l.Lab)
	return fmt.Sprint(session.Settled(sessions), tables)
}

// rest looks until the lab stays as it is for a time, and returns what it is then.
func (l *Lab) rest(ctx context.Context, still time.Duration) string {
	return l.restUnless(ctx, still, func(string) bool { return false })
}

// restAs looks until the lab is what it was before a long spec, or stays otherwise. It returns
// what the lab is then.
func (l *Lab) restAs(ctx context.Context, before string) string {
	return l.restUnless(ctx, otherStill, func(now string) bool { return now == before })
}

// restUnless looks until the lab is one that is known, or stays as it is for a time.
func (l *Lab) restUnless(ctx context.Context, still time.Duration, known func(string) bool) string {
	ctx, done := context.WithTimeout(ctx, restTimeout)
	defer done()
	last, since := l.standing(ctx), time.Now()
	for !known(last) && time.Since(since) < still {
		select {
		case <-ctx.Done():
			return last
		case <-time.After(restPoll):
		}
		if now := l.standing(ctx); now != last {
			last, since = now, time.Now()
		}
	}
	return last
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
		switch some, err := met(undo); {
		case err != nil:
			current.void("nobody can count what has met the defect: " + err.Error())
		case !some:
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
			current.void(fmt.Sprintf("the lab did not return to its baseline: %s", left))
			l.gate.renew(ctx, errors.Join(errors.New(left.String()), mendErr).Error())
		}
	}
	if err != nil {
		current.void("the defect could not be taken out: " + err.Error())
	}
	if l.running != nil {
		l.gate.lab.complaints(ctx) // the defect did what they say
	}
	current.spend(began)
	x.tell(current)
}

// void makes a row prove nothing, for the first reason.
func (r *row) void(reason string) {
	if r.Void == "" {
		r.Void = reason
	}
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
