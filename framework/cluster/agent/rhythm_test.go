package agent

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestRhythm(t *testing.T) {
	type probe struct {
		at      time.Duration
		regular bool
	}
	const ms = time.Millisecond
	tests := []struct {
		name  string
		probe corev1.Probe
		// settled is how many probes it takes until the container answers.
		settled int
		want    []probe
	}{
		{"steady from its first answer", corev1.Probe{PeriodSeconds: 2}, 0, []probe{{0, true}, {2000 * ms, true}, {4000 * ms, true}}},
		{"with a delay", corev1.Probe{PeriodSeconds: 2, InitialDelaySeconds: 3}, 0, []probe{{3000 * ms, true}, {5000 * ms, true}}},
		{"extra probes in the first period only", corev1.Probe{PeriodSeconds: 1}, 9, []probe{
			{0, true}, {50 * ms, false}, {150 * ms, false}, {350 * ms, false}, {750 * ms, false}, {1000 * ms, true}, {2000 * ms, true}, {3000 * ms, true},
		}},
		{"extra probes after a delay", corev1.Probe{PeriodSeconds: 1, InitialDelaySeconds: 1}, 9, []probe{{1000 * ms, true}, {1050 * ms, false}}},
		{"extra probes until it answers", corev1.Probe{PeriodSeconds: 1}, 2, []probe{{0, true}, {50 * ms, false}, {1000 * ms, true}, {2000 * ms, true}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRhythm(&test.probe)
			var got []probe
			var at time.Duration
			for n := range test.want {
				if n == test.settled {
					r.settle()
				}
				wait, regular := r.next()
				at += wait
				got = append(got, probe{at, regular})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPatience(t *testing.T) {
	const ms = time.Millisecond
	r := newRhythm(&corev1.Probe{PeriodSeconds: 1})
	// Until the next extra probe, and the regular one after the last; then the probe's own.
	want := []time.Duration{50 * ms, 100 * ms, 200 * ms, 400 * ms, 250 * ms, 0, 0}
	var got []time.Duration
	for range want {
		r.next()
		got = append(got, r.patience())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r = newRhythm(&corev1.Probe{PeriodSeconds: 1})
	r.next()
	r.settle()
	if got := r.patience(); got != 0 {
		t.Errorf("the container has answered, and the patience is %s", got)
	}
}
