package component

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// progress tells people how far a build is. Its writer's errors are ignored: a
// build is worth finishing when nobody listens.
type progress struct {
	writer io.Writer
	// live keeps one line up to date; otherwise each message is a line.
	live bool
	// interval is how often a step that takes long is heard of.
	interval time.Duration
	started  time.Time
	// total is the number of steps, current the one that runs, from 1.
	total, current int
}

func newProgress(writer io.Writer) *progress {
	p := &progress{writer: writer, interval: 15 * time.Second, started: time.Now()}
	if writer == nil {
		p.writer = io.Discard
	}
	if file, ok := writer.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err == nil {
			p.live, p.interval = true, time.Second
		}
	}
	return p
}

// say writes a line of its own.
func (p *progress) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(p.writer, format+"\n", arguments...)
}

// step runs one step and tells of its start, of its going on, and of its end.
func (p *progress) step(title string, do func() error) error {
	p.current++
	started := time.Now()
	p.show(title, "building", false)

	finished := make(chan error, 1)
	go func() { finished <- do() }()
	ticker := time.NewTicker(p.interval)
	defer ticker.Stop()
	for {
		select {
		case err := <-finished:
			outcome := "built in"
			if err != nil {
				outcome = "failed after"
			}
			p.show(title, fmt.Sprintf("%s %s", outcome, elapsed(started)), true)
			return err
		case <-ticker.C:
			p.show(title, fmt.Sprintf("building for %s (%s in all)", elapsed(started), elapsed(p.started)), false)
		}
	}
}

// show writes the state of a step. On a terminal a state that is not the last
// is overwritten by the next.
func (p *progress) show(title, state string, last bool) {
	line := fmt.Sprintf("[%*d/%d] %s: %s", len(fmt.Sprint(p.total)), p.current, p.total, title, state)
	switch {
	case !p.live:
		line += "\n"
	case last:
		line = "\r\x1b[K" + line + "\n"
	default:
		line = "\r\x1b[K" + line
	}
	_, _ = io.WriteString(p.writer, line)
}

func elapsed(since time.Time) time.Duration { return time.Since(since).Round(time.Second) }
