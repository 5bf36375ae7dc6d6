package agent

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestTracker(t *testing.T) {
	const up, down = healthy, unhealthy
	tests := []struct {
		name  string
		probe corev1.Probe
		found []verdict
		// want are the verdicts after each probe that changed it.
		want []verdict
	}{
		{"ready with the first answer", corev1.Probe{FailureThreshold: 3}, []verdict{down, up, up}, []verdict{up}},
		{"not ready for the first time", corev1.Probe{FailureThreshold: 3}, []verdict{down, down, down, down}, []verdict{down}},
		{"failures short of the threshold", corev1.Probe{FailureThreshold: 3}, []verdict{up, down, down, up, down, down}, []verdict{up}},
		{"ready again after several", corev1.Probe{SuccessThreshold: 2}, []verdict{up, down, up, up}, []verdict{down, up}},
		{"thresholds not set", corev1.Probe{}, []verdict{down, up}, []verdict{down, up}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			track := newTracker(&test.probe)
			var got []verdict
			for _, found := range test.found {
				if track.observe(found) {
					got = append(got, track.verdict)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
