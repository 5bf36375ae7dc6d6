package suite

import (
	"strings"
	"testing"
	"time"
)

func TestRouteLog(t *testing.T) {
	var r routeLog
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for i := range 2 * routesKept {
		r.note(start.Add(time.Duration(i)*time.Millisecond), "worker gains a route")
	}
	lines := strings.Split(strings.TrimSuffix(r.String(), "\n"), "\n")
	if len(lines) != routesKept {
		t.Errorf("%d are kept, want %d", len(lines), routesKept)
	}
	if want := "12:00:05.000  worker gains a route"; lines[0] != want {
		t.Errorf("the oldest is %q, want %q", lines[0], want)
	}
}
