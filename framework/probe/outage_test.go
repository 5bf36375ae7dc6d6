package probe

import (
	"testing"
	"time"
)

func TestOutage(t *testing.T) {
	began := time.Date(2026, 11, 29, 21, 32, 36, 140e6, time.Local)
	o := Outage{Sent: 94, Lost: 14, InARow: 9}
	if got, want := o.String(), "14 of 94 attempts lost, at most 9 in a row, longest outage 0 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	o.note(began.Add(-time.Minute), began.Add(-time.Minute+time.Second))
	o.note(began, began.Add(3160*time.Millisecond))
	o.note(began.Add(time.Minute), began.Add(time.Minute+2*time.Second))
	if got, want := o.String(), "14 of 94 attempts lost, at most 9 in a row, longest outage 3160 ms from 21:32:36.140"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
