package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

func TestPhases(t *testing.T) {
	began := time.Now()
	after := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	list := newPhases([]string{"routers", "nodes", "pods"})
	for _, news := range []struct {
		event lab.Event
		at    float64
	}{
		{lab.Event{Phase: "routers"}, 0},
		{lab.Event{Phase: "nodes"}, 1},
		{lab.Event{Phase: "routers", Done: true, Seconds: 0.5}, 1.5},
		{lab.Event{Error: "a component's, of no phase"}, 1.6},
		{lab.Event{Phase: "another"}, 2},
		{lab.Event{Phase: "another", Done: true, Seconds: 0.25, Error: "broken"}, 2.25},
	} {
		if changed, ok := list.apply(news.event, after(news.at)); ok != (news.event.Phase != "") || changed.name != news.event.Phase {
			t.Errorf("%+v is about phase %q (%v)", news.event, changed.name, ok)
		}
	}
	want := []string{
		"  routers          0.50 s  done",
		"  nodes            2.00 s  running",
		"  pods                     ",
		"  another          0.25 s  failed",
		"  total            3.00 s",
	}
	if got := list.lines(began, after(3)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	list.stop(after(4))
	if got := list.lines(began, after(9))[1]; got != "  nodes            3.00 s  stopped" {
		t.Errorf("after the end: %q", got)
	}
}

func TestDisplayWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out, "Bringing up a lab", []string{"routers", "nodes", "pods"})
	d.tell(lab.Event{Phase: "routers"})
	d.tell(lab.Event{Phase: "routers", Done: true, Seconds: 0.5})
	d.tell(lab.Event{Ready: true})
	d.tell(lab.Event{Phase: "nodes"})
	d.tell(lab.Event{Phase: "nodes", Done: true, Seconds: 2, Error: "node0: no felix"})
	d.end()
	d.tell(lab.Event{Phase: "pods"})
	want := "Bringing up a lab\n  routers …\n  routers done after 0.50 s\n  nodes …\n  nodes failed after 2.00 s\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestDisplayIsDrawnInItsPlace(t *testing.T) {
	var out bytes.Buffer
	d := &display{out: &out, live: true, began: time.Now(), stop: make(chan struct{}), phases: newPhases([]string{"routers"})}
	d.draw()
	if out.Len() > 0 {
		t.Errorf("a table is drawn before anything has begun: %q", out.String())
	}
	d.tell(lab.Event{Phase: "routers"})
	d.draw()
	d.end()
	first, second, found := strings.Cut(out.String(), "\x1b[2A")
	if !found || strings.Count(first, "\n") != 2 || strings.Count(second, "\n") != 2 || !strings.Contains(second, string(phaseStopped)) {
		t.Errorf("the table of two lines is not drawn over itself: %q", out.String())
	}
}
