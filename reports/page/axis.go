package page

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/reports"
)

// timeline is one axis with a lane for each kind of moments and each host with changes.
type timeline struct {
	Width, Height int
	Lanes         []lane
	Ticks         []tick
	Marks         []mark
}

type lane struct {
	Name string
	Y    int
}

type tick struct {
	X     int
	Label string
}

type mark struct {
	X, Y  int
	Kind  reports.MomentKind
	Title string
}

// The distances of an axis, in units of its own.
const (
	axisWidth = 900
	laneName  = 130
	laneStep  = 26
	axisTop   = 30
	ticks     = 5
)

// drawAxis draws what happened while a spec ran. nil is an axis with nothing on it.
func drawAxis(a reports.Attempt) *timeline {
	if len(a.Axis) == 0 {
		return nil
	}
	t := &timeline{Width: axisWidth}
	lanes := map[string]int{}
	end := a.Seconds
	for _, m := range a.Axis {
		end = max(end, m.Seconds)
	}
	end = max(end, 0.001)
	at := func(s float64) int { return laneName + int(max(0, s)/end*(axisWidth-laneName-24)) }
	for i := range ticks + 1 {
		s := end * float64(i) / ticks
		t.Ticks = append(t.Ticks, tick{at(s), fmt.Sprintf("%.1f s", s)})
	}
	for _, m := range a.Axis {
		name := laneOf(m)
		if _, ok := lanes[name]; !ok {
			lanes[name] = axisTop + laneStep*len(lanes) + laneStep/2
			t.Lanes = append(t.Lanes, lane{name, lanes[name]})
		}
		t.Marks = append(t.Marks, mark{at(m.Seconds), lanes[name], m.Kind, fmt.Sprintf("%.3f s  %s", m.Seconds, m.Text)})
	}
	t.Height = axisTop + laneStep*len(lanes) + 8
	return t
}

func laneOf(m reports.Moment) string {
	switch {
	case m.Host != "":
		return "routes " + m.Host
	case m.Kind == reports.Node || m.Kind == reports.Step:
		return "steps"
	case m.Kind == reports.Failure:
		return string(requirement.Failed)
	case m.Kind == reports.RoutesUnknown:
		return "routes"
	}
	return "notes"
}
