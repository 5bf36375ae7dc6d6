package agent

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// quickProbe is the first of the doubling intervals between the extra probes of
// a container that has not answered yet.
const quickProbe = 50 * time.Millisecond

// rhythm says when a container is probed: after the initial delay, and then every
// period. It adds probes to the first period.
type rhythm struct {
	period time.Duration
	// left is the time to the next regular probe.
	left time.Duration
	// quick is the time to the next extra probe. Zero: there are none.
	quick time.Duration
	begun bool
}

func newRhythm(probe *corev1.Probe) *rhythm {
	return &rhythm{
		period: seconds(max(probe.PeriodSeconds, 1)),
		left:   seconds(probe.InitialDelaySeconds),
		quick:  quickProbe,
	}
}

// next is how long to wait for the next probe, from when the one before was due,
// and whether it is a regular one, whose failure counts.
func (r *rhythm) next() (wait time.Duration, regular bool) {
	if r.begun && r.quick > 0 && r.quick < r.left {
		wait = r.quick
		r.left -= wait
		r.quick *= 2
		return wait, false
	}
	if r.begun {
		r.quick = 0
	}
	r.begun = true
	wait, r.left = r.left, r.period
	return wait, true
}

// patience is how long the probe that next has given may take so that the next
// extra one is in time. Zero: there is none that it could keep waiting.
func (r *rhythm) patience() time.Duration {
	if r.quick == 0 {
		return 0
	}
	return min(r.quick, r.left)
}

// settle ends extra probes: the container has answered.
func (r *rhythm) settle() { r.quick = 0 }

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
