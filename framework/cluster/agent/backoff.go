package agent

import "time"

// The kubelet's back-off for containers that end again and again
// (pkg/kubelet/kubelet.go: backOffPeriod, MaxCrashLoopBackOff; the reset is
// client-go's flowcontrol.Backoff.hasExpired).
const (
	firstBackoff = 10 * time.Second
	maxBackoff   = 5 * time.Minute
	backoffReset = 2 * maxBackoff
)

// backoff is a container's: the first restart is at once, the next ones after
// 10 s, 20 s and so on up to 5 min, until a run lasted for 10 min.
type backoff struct{ delay time.Duration }

// next is how long to wait after a run that took ran.
func (b *backoff) next(ran time.Duration) time.Duration {
	if ran > backoffReset {
		b.delay = 0
	}
	wait := b.delay
	b.delay = max(firstBackoff, min(2*b.delay, maxBackoff))
	return wait
}
