package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// frame is how often a live display is drawn.
const frame = 100 * time.Millisecond

// display shows how far a bring-up is: on a terminal as a table that is kept up to
// date in its place, elsewhere as a line for each begin and end of a phase. Errors
// of its writer are ignored: nobody looking is no reason to stop.
type display struct {
	out   io.Writer
	live  bool
	began time.Time
	stop  chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	phases phases
	// drawn is how many lines of the table are on the terminal.
	drawn int
	over  bool
}

// newDisplay begins a display. Its owner ends it.
func newDisplay(out io.Writer, title string, names []string) *display {
	d := &display{
		out: out, live: isTerminal(out), began: time.Now(), stop: make(chan struct{}),
		phases: newPhases(names),
	}
	_, _ = fmt.Fprintln(out, title)
	if d.live {
		d.ended.Go(d.refresh)
	}
	return d
}

// tell takes a piece of news. After the end there is none.
func (d *display) tell(event lab.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return
	}
	changed, ok := d.phases.apply(event, time.Now())
	if !ok || d.live {
		return
	}
	switch changed.state {
	case phaseRunning:
		_, _ = fmt.Fprintf(d.out, "  %s …\n", changed.name)
	default:
		_, _ = fmt.Fprintf(d.out, "  %s %s after %s\n", changed.name, changed.state, seconds(changed.took))
	}
}

// end draws the table for the last time.
func (d *display) end() {
	d.mu.Lock()
	d.over = true
	d.phases.stop(time.Now())
	d.mu.Unlock()
	close(d.stop)
	d.ended.Wait()
	if d.live {
		d.draw()
	}
}

func (d *display) refresh() {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		d.draw()
		select {
		case <-ticker.C:
		case <-d.stop:
			return
		}
	}
}

// draw writes the table over the one that was drawn last. Before anything has
// begun there is none: what is refused at once needs no empty table.
func (d *display) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.phases.begun() {
		return
	}
	lines := d.phases.lines(d.began, time.Now())
	var b strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", d.drawn) // up
	}
	for _, line := range lines {
		b.WriteString("\r" + line + "\x1b[K\n") // clear what is left of the line
	}
	d.drawn = len(lines)
	_, _ = io.WriteString(d.out, b.String())
}
