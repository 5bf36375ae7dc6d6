package suite

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// routesKept bounds how many changes of routes are remembered.
const routesKept = 5000

// routeLog remembers how the main tables of a lab's hosts change. Tables that are looked
// at before and after a failure may agree, and not have agreed meanwhile.
type routeLog struct {
	mu      sync.Mutex
	changes []routeChange
}

type routeChange struct {
	at   time.Time
	text string
}

// follow takes changes up until the last one.
func (r *routeLog) follow(ctx context.Context, changes <-chan string) {
	for {
		select {
		case text := <-changes:
			r.note(time.Now(), text)
		case <-ctx.Done():
			return
		}
	}
}

func (r *routeLog) note(at time.Time, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, routeChange{at, text})
	r.changes = r.changes[max(0, len(r.changes)-routesKept):]
}

// String has a line for each change, the oldest first.
func (r *routeLog) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, c := range r.changes {
		fmt.Fprintf(&b, "%s  %s\n", c.at.Format("15:04:05.000"), c.text)
	}
	return b.String()
}
