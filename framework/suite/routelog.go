package suite

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/reports"
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

// replacing is how long a route may be away while it is replaced: BIRD does that by two
// calls, one after the other. Of a stream's datagrams one at most falls into it.
const replacing = 25 * time.Millisecond

// lost are the routes that hosts have lost since a moment and had not back at once, and
// what is unknown of them. Those to some prefixes may go.
func (r *routeLog) lost(began time.Time, mayGo []netip.Prefix, hosts []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lost []string
	for i, c := range r.changes {
		if !c.at.After(began) || !slices.Contains(hosts, c.Host) || !c.Missing && slices.Contains(mayGo, c.Prefix) {
			continue
		}
		back := slices.ContainsFunc(r.changes[i:], func(later routeChange) bool {
			return !later.Missing && !later.Loses && later.Host == c.Host && later.Prefix == c.Prefix && later.at.Sub(c.at) <= replacing
		})
		if c.Missing || c.Loses && !back {
			lost = append(lost, c.at.Format("15:04:05.000")+"  "+c.Text)
		}
	}
	return lost
}

// LostRoutes are the routes of the main tables that hosts have lost since a moment, but
// for those that were replaced, and what is unknown of them. Tables that are read before and
// after an event may agree, and not have agreed meanwhile.
func (l *Lab) LostRoutes(began time.Time, hosts ...string) []string {
	return l.LostRoutesBut(nil, began, hosts...)
}

// LostRoutesBut is LostRoutes without the routes to some prefixes.
func (l *Lab) LostRoutesBut(mayGo []netip.Prefix, began time.Time, hosts ...string) []string {
	return l.routeLog.lost(began, mayGo, hosts)
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

// recorded are the same changes for programs.
func (r *routeLog) recorded() []reports.RouteChange {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]reports.RouteChange, 0, len(r.changes))
	for _, c := range r.changes {
		list = append(list, reports.RouteChange{At: c.at, Host: c.Host, Missing: c.Missing, Loses: c.Loses, Prefix: c.Prefix, Text: c.Text})
	}
	return list
}
