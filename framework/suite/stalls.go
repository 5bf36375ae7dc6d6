package suite

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Stalls are looked for all the time, by a timer that knows when it should have gone off.
const (
	// stallTick is the timer's interval.
	stallTick = 100 * time.Millisecond
	// stallLength is how late the timer has to be for a stall. Probes count what is later
	// than this as lost (framework/probe).
	stallLength = 300 * time.Millisecond
	// stallsKept bounds how many are remembered.
	stallsKept = 100
)

// stall is a time in which this program did not run although it wanted to, and with it
// most likely nothing else in the lab: the machine had no processor for it, or a
// User-Mode Linux, which is one process, waited for its disk. Deadlines pass meanwhile.
type stall struct {
	began  time.Time
	length time.Duration
}

func (s stall) String() string {
	return fmt.Sprintf("%.1f s from %s", s.length.Seconds(), s.began.Format("15:04:05.0"))
}

// stalls notices when the program stands still.
type stalls struct {
	mu   sync.Mutex
	list []stall
	// ticked is when the timer went off last.
	ticked time.Time
}

// watch looks for stalls until done is closed.
func (s *stalls) watch(done <-chan struct{}) {
	ticker := time.NewTicker(stallTick)
	defer ticker.Stop()
	s.note(time.Now())
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			s.note(time.Now())
		}
	}
}

// note looks at the time between two of the timer's ticks.
func (s *stalls) note(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if late := s.late(now); late >= stallLength {
		s.list = append(s.list, stall{s.ticked, late})
		s.list = s.list[max(0, len(s.list)-stallsKept):]
	}
	s.ticked = now
}

// late is by how much a tick of now comes too late.
func (s *stalls) late(now time.Time) time.Duration {
	if s.ticked.IsZero() {
		return 0
	}
	return now.Sub(s.ticked) - stallTick
}

// longest is the longest stall after a moment. It includes one whose tick has not come yet:
// whoever asks may run again before the timer does.
func (s *stalls) longest(moment, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var longest time.Duration
	if late := s.late(now); late >= stallLength {
		longest = late
	}
	for _, one := range s.list {
		if one.began.Add(one.length).After(moment) {
			longest = max(longest, one.length)
		}
	}
	return longest
}

// since tells of the stalls after a moment; empty if there were none.
func (s *stalls) since(moment time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var told []string
	for _, one := range s.list {
		if one.began.Add(one.length).After(moment) {
			told = append(told, one.String())
		}
	}
	return strings.Join(told, ", ")
}
