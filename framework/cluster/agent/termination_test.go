package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTermination(t *testing.T) {
	tests := []struct {
		name string
		// graces are asked for at once, one after the other.
		graces []time.Duration
		want   time.Duration
	}{
		{"once", []time.Duration{3 * time.Second}, 3 * time.Second},
		{"at once", []time.Duration{0}, 0},
		{"shortened", []time.Duration{30 * time.Second, time.Second}, time.Second},
		{"never lengthened", []time.Duration{time.Second, 30 * time.Second}, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := newTermination(t.Context())
				defer end.release()
				if end.asked.Err() != nil {
					t.Fatal("asked for before anybody asked")
				}
				begin := time.Now()
				for _, grace := range test.graces {
					end.ask(grace)
				}
				if end.asked.Err() == nil {
					t.Error("not asked for")
				}
				<-end.enforced.Done()
				if got := time.Since(begin); got != test.want {
					t.Errorf("enforced after %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestTerminationOfTheAgent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	end := newTermination(ctx)
	defer end.release()
	cancel()
	if end.asked.Err() == nil || end.enforced.Err() == nil {
		t.Error("the end of the agent is not the end of its pods")
	}
}
