package suite

import (
	"strings"
	"testing"
	"time"
)

func TestStalls(t *testing.T) {
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var s stalls
	s.note(start.Add(-stallTick - stallLength/2))
	s.note(start)
	if got := s.since(start); got != "" {
		t.Errorf("a timer that is a little late: %q", got)
	}
	s.ticked = start.Add(time.Second)
	stalled := start.Add(time.Second + stallTick + 2500*time.Millisecond)
	if got := s.longest(start, stalled); got != 2500*time.Millisecond {
		t.Errorf("a stall before its tick is %v long", got)
	}
	s.note(stalled)
	if got := s.since(start); !strings.Contains(got, "2.5 s from 12:00:01.0") {
		t.Errorf("a stall: %q", got)
	}
	if got := s.since(start.Add(3 * time.Second)); got == "" {
		t.Error("a stall that reaches into the time asked for is not told")
	}
	if got := s.since(start.Add(4 * time.Second)); got != "" {
		t.Errorf("a stall of before: %q", got)
	}
	for i := range 2 * stallsKept {
		s.note(start.Add(time.Duration(i+1) * time.Minute))
	}
	if len(s.list) != stallsKept {
		t.Errorf("%d are kept, want %d", len(s.list), stallsKept)
	}
}

func TestStallsAreWatched(*testing.T) {
	var s stalls
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { s.watch(done); close(ended) }()
	close(done)
	<-ended
}
