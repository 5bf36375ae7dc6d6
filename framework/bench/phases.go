package bench

import (
	"maps"
	"sync"

	"github.com/rackproof/rackproof/framework/lab"
)

// PhaseTimes keeps how long the phases of a bring-up take. It is safe for concurrent
// use.
type PhaseTimes struct {
	mu      sync.Mutex
	seconds map[string]float64
	next    func(lab.Event)
}

// NewPhaseTimes makes an empty record that passes the news on to next; nil for nobody.
func NewPhaseTimes(next func(lab.Event)) *PhaseTimes {
	return &PhaseTimes{seconds: map[string]float64{}, next: next}
}

// Record takes a piece of news.
func (p *PhaseTimes) Record(event lab.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if event.Phase != "" && event.Done {
		p.seconds[event.Phase] = event.Seconds
	}
	if p.next != nil {
		p.next(event)
	}
}

// Seconds are the times so far, by phase.
func (p *PhaseTimes) Seconds() map[string]float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.seconds)
}
