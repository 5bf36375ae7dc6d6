package agent

import corev1 "k8s.io/api/core/v1"

// verdict is what probes have found out about a container.
type verdict int

const (
	undecided verdict = iota
	healthy
	unhealthy
)

// tracker turns single probes into a verdict by a probe's thresholds.
type tracker struct {
	verdict verdict
	// last is what the last probes have found, run how many in a row.
	last verdict
	run  int32

	successThreshold, failureThreshold int32
}

func newTracker(probe *corev1.Probe) *tracker {
	return &tracker{
		successThreshold: max(probe.SuccessThreshold, 1),
		failureThreshold: max(probe.FailureThreshold, 1),
	}
}

// observe takes in a probe and reports whether the verdict has changed.
func (t *tracker) observe(found verdict) (changed bool) {
	if found != t.last {
		t.last, t.run = found, 0
	}
	t.run++
	threshold := t.failureThreshold
	if found == healthy {
		threshold = t.successThreshold
	}
	if t.run < threshold || found == t.verdict {
		return false
	}
	t.verdict = found
	return true
}
