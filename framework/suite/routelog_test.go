package suite

import (
	"net/netip"
	"slices"
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
}

func TestLostRoutes(t *testing.T) {
	var r routeLog
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	one, other := netip.MustParsePrefix("192.0.2.0/26"), netip.MustParsePrefix("192.0.2.64/26")
	note := func(after time.Duration, change observe.RouteChange) { r.note(start.Add(after), change) }
	note(0, observe.RouteChange{Host: "worker", Loses: true, Prefix: one, Text: "before"})
	note(1*time.Second, observe.RouteChange{Host: "worker", Loses: true, Prefix: one, Text: "replaced"})
	note(1*time.Second+time.Millisecond, observe.RouteChange{Host: "worker", Prefix: one, Text: "replacement"})
	note(2*time.Second, observe.RouteChange{Host: "worker", Loses: true, Prefix: one, Text: "late"})
	note(2*time.Second+time.Millisecond, observe.RouteChange{Host: "worker", Prefix: other, Text: "another route"})
	note(2*time.Second+time.Millisecond, observe.RouteChange{Host: "master", Prefix: one, Text: "another host"})
	note(3*time.Second, observe.RouteChange{Host: "worker", Prefix: one, Text: "back"})
	note(4*time.Second, observe.RouteChange{Host: "worker", Missing: true, Text: "unknown"})
	if got, want := r.lost(start, nil, []string{"worker"}), []string{"12:00:02.000  late", "12:00:04.000  unknown"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := r.lost(start, []netip.Prefix{one}, []string{"worker"}), []string{"12:00:04.000  unknown"}; !slices.Equal(got, want) {
		t.Errorf("without a prefix that may go: got %q, want %q", got, want)
	}
	if got := r.lost(start, nil, []string{"master"}); len(got) != 0 {
		t.Errorf("of another host: %q", got)
	}
}
