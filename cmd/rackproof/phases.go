package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// phaseState is what has become of a phase.
type phaseState string

// The states of a phase, as they are printed.
const (
	phasePending phaseState = ""
	phaseRunning phaseState = "running"
	phaseDone    phaseState = "done"
	phaseFailed  phaseState = "failed"
	// phaseStopped is a phase that ran when the bring-up was given up.
	phaseStopped phaseState = "stopped"
)

// phase is one phase of a bring-up.
type phase struct {
	name  string
	state phaseState
	began time.Time
	took  time.Duration
}

// elapsed is how long the phase has run.
func (p phase) elapsed(now time.Time) time.Duration {
	if p.state == phaseRunning {
		return now.Sub(p.began)
	}
	return p.took
}

// phases are a bring-up's phases, in the order in which they begin.
type phases []phase

func newPhases(names []string) phases {
	list := make(phases, 0, len(names))
	for _, name := range names {
		list = append(list, phase{name: name})
	}
	return list
}

// apply notes a piece of news at the time now and returns the phase that it is
// about, or false if it is about none.
func (p *phases) apply(event lab.Event, now time.Time) (phase, bool) {
	if event.Phase == "" {
		return phase{}, false
	}
	i := slices.IndexFunc(*p, func(known phase) bool { return known.name == event.Phase })
	if i < 0 {
		*p = append(*p, phase{name: event.Phase})
		i = len(*p) - 1
	}
	changed := &(*p)[i]
	switch {
	case !event.Done:
		changed.state, changed.began = phaseRunning, now
	case event.Error != "":
		changed.state = phaseFailed
	default:
		changed.state = phaseDone
	}
	if event.Done {
		changed.took = time.Duration(event.Seconds * float64(time.Second))
	}
	return *changed, true
}

// begun reports whether any phase has.
func (p phases) begun() bool {
	return slices.ContainsFunc(p, func(one phase) bool { return one.state != phasePending })
}

// stop ends what still runs.
func (p phases) stop(now time.Time) {
	for i := range p {
		if p[i].state == phaseRunning {
			p[i].took, p[i].state = p[i].elapsed(now), phaseStopped
		}
	}
}

// lines are the phases as a table, with the whole as the last line.
func (p phases) lines(began, now time.Time) []string {
	lines := make([]string, 0, len(p)+1)
	for _, one := range p {
		took := ""
		if one.state != phasePending {
			took = seconds(one.elapsed(now))
		}
		lines = append(lines, fmt.Sprintf("  %-13s  %8s  %s", one.name, took, one.state))
	}
	return append(lines, fmt.Sprintf("  %-13s  %8s", "total", seconds(now.Sub(began))))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
