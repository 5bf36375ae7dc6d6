package suite

import (
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/observe"
)

func TestRouteLog(t *testing.T) {
	var r routeLog
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for i := range 2 * routesKept {
		r.note(start.Add(time.Duration(i)*time.Millisecond), observe.RouteChange{Host: "worker", Text: "worker gains a route"})
	}
	lines := strings.Split(strings.TrimSuffix(r.String(), "\n"), "\n")
	if len(lines) != routesKept {
		t.Errorf("%d are kept, want %d", len(lines), routesKept)
	}
	if want := "12:00:05.000  worker gains a route"; lines[0] != want {
		t.Errorf("the oldest is %q, want %q", lines[0], want)
	}
	last := start.Add((2*routesKept - 3) * time.Millisecond)
	if changes := r.since(last, []string{"master", "worker"}); len(changes) != 2 {
		t.Errorf("since the last but two: %q", changes)
	}
	if changes := r.since(last, []string{"master"}); len(changes) != 0 {
		t.Errorf("of another host: %q", changes)
	}
}
