package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/observe"
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
	at time.Time
	observe.RouteChange
}

// follow takes changes up until the last one.
func (r *routeLog) follow(ctx context.Context, changes <-chan observe.RouteChange) {
	for {
		select {
		case change := <-changes:
			r.note(time.Now(), change)
		case <-ctx.Done():
			return
		}
	}
}

func (r *routeLog) note(at time.Time, change observe.RouteChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, routeChange{at, change})
	r.changes = r.changes[max(0, len(r.changes)-routesKept):]
}

// since are the changes of hosts' routes since a moment, the oldest first.
func (r *routeLog) since(began time.Time, hosts []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []string
	for _, c := range r.changes {
		if c.at.After(began) && slices.Contains(hosts, c.Host) {
			changes = append(changes, c.at.Format("15:04:05.000")+"  "+c.Text)
		}
	}
	return changes
}

// RouteChanges are all changes of the main tables of hosts since a moment, and what is
// unknown of them. Tables that are read before and after an event may agree, and not have
// agreed meanwhile.
func (l *Lab) RouteChanges(began time.Time, hosts ...string) []string {
	return l.routeLog.since(began, hosts)
}

// String has a line for each change, the oldest first.
func (r *routeLog) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, c := range r.changes {
		fmt.Fprintf(&b, "%s  %s\n", c.at.Format("15:04:05.000"), c.Text)
	}
	return b.String()
}
