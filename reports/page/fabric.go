package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/reports"
)

// fabric is the drawing of a lab's design: hosts in rows by their role, nodes below their
// rack's switch.
type fabric struct {
	Name          string
	Suites        []string
	Place         reports.Place
	Width, Height int
	Racks         []rack
	Hosts         []drawnHost
	Links         []drawnLine
	Sessions      []drawnLine
	// Fault says why there is no drawing, or no sessions.
	Fault string
}

type rack struct {
	Name       string
	X, Y, W, H int
}

type drawnHost struct {
	Name, Role string
	AS         uint32
	X, Y       int
	// Told are the lines that a hover shows.
	Told []string
}

// Title is the text of a hover.
func (h drawnHost) Title() string { return strings.Join(h.Told, "\n") }

// drawnLine is a link or a session as an SVG path.
type drawnLine struct {
	Path, Title string
	External    bool
}

// The distances of the drawing, in units of its own.
const (
	hostWidth  = 128
	hostHeight = 44
	columnStep = 148
	rowStep    = 118
	margin     = 34
	// arcRoom is below the lowest row, for sessions between hosts of one row.
	arcRoom = 96
)

// drawFabrics draws each design of a run once.
func drawFabrics(d reports.Document) []fabric {
	var list []fabric
	for _, suite := range d.Suites {
		for _, place := range suite.Labs {
			i := slices.IndexFunc(list, func(f fabric) bool { return f.Place.Mode == place.Mode && f.Place.Topology == place.Topology })
			if i < 0 {
				i = len(list)
				list = append(list, draw(place))
			}
			if !slices.Contains(list[i].Suites, suite.Name) {
				list[i].Suites = append(list[i].Suites, suite.Name)
			}
		}
	}
	slices.SortFunc(list, func(a, b fabric) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// draw draws one design. A topology that is no fixture has no drawing.
func draw(place reports.Place) fabric {
	f := fabric{Name: place.Mode + " on " + place.Topology, Place: place}
	t, err := fixtures.Topology(place.Topology)
	if err != nil {
		f.Fault = err.Error()
		return f
	}
	f.place(t)
	for _, link := range t.Links {
		f.Links = append(f.Links, f.link(link))
	}
	m, err := fixtures.Mode(place.Mode)
	if err != nil {
		f.Fault = err.Error()
		return f
	}
	sessions, err := oracle.DesignedSessions(t, m, drivers.Software())
	if err != nil {
		f.Fault = err.Error()
		return f
	}
	f.sessions(t, sessions)
	if len(f.Sessions) == 0 {
		f.Height -= arcRoom - 2*margin
	}
	return f
}

// place gives each host its place.
func (f *fabric) place(t *topology.Topology) {
	rows := [][]topology.Host{}
	for _, roles := range [][]topology.Role{{topology.Client}, {topology.Spine}, {topology.Leaf}} {
		var row []topology.Host
		for _, h := range t.Hosts {
			if slices.Contains(roles, h.Role) {
				row = append(row, h)
			}
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	var bottom []topology.Host
	for _, h := range t.Hosts {
		if h.Role.RunsCalico() {
			bottom = append(bottom, h)
		}
	}
	slices.SortStableFunc(bottom, func(a, b topology.Host) int { return cmp.Compare(a.Rack, b.Rack) })
	rows = append(rows, bottom)
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row))
	}
	f.Width = 2*margin + widest*columnStep
	f.Height = 2*margin + (len(rows)-1)*rowStep + hostHeight + arcRoom
	for y, row := range rows {
		step := (f.Width - 2*margin) / max(1, len(row))
		for x, h := range row {
			f.Hosts = append(f.Hosts, drawnHost{
				Name: h.Name, Role: string(h.Role), AS: h.AS, X: margin + step*x + step/2, Y: margin + y*rowStep + hostHeight/2, Told: told(h),
			})
		}
	}
	f.racks(t)
}

// racks draws a frame around the nodes of a rack.
func (f *fabric) racks(t *topology.Topology) {
	bounds := map[string][4]int{}
	for _, h := range f.Hosts {
		host, _ := t.Host(h.Name)
		if host.Rack == "" || !host.Role.RunsCalico() {
			continue
		}
		box, ok := bounds[host.Rack]
		if !ok {
			box = [4]int{h.X, h.Y, h.X, h.Y}
		}
		bounds[host.Rack] = [4]int{min(box[0], h.X), min(box[1], h.Y), max(box[2], h.X), max(box[3], h.Y)}
	}
	for _, name := range slices.Sorted(maps.Keys(bounds)) {
		b := bounds[name]
		f.Racks = append(f.Racks, rack{name, b[0] - hostWidth/2 - 8, b[1] - hostHeight/2 - 8, b[2] - b[0] + hostWidth + 16, b[3] - b[1] + hostHeight + 30})
	}
}

// told describes a host.
func told(h topology.Host) []string {
	lines := []string{fmt.Sprintf("%s, %s", h.Name, h.Role)}
	if h.Software != "" {
		lines[0] += ", " + string(h.Software)
	}
	if h.AS != 0 {
		lines = append(lines, fmt.Sprintf("AS %d, router ID %s", h.AS, h.RouterID))
	}
	for _, i := range h.Interfaces {
		var addresses []string
		for _, a := range i.Addresses {
			addresses = append(addresses, a.String())
		}
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", i.Name, strings.Join(addresses, ", "), i.Link))
	}
	return lines
}

func (f *fabric) host(name string) drawnHost {
	i := slices.IndexFunc(f.Hosts, func(h drawnHost) bool { return h.Name == name })
	if i < 0 {
		return drawnHost{}
	}
	return f.Hosts[i]
}

// link draws a link between two hosts as a line, and one of several as a bar that all ends
// lead to.
func (f *fabric) link(link topology.Link) drawnLine {
	var ends []drawnHost
	title := []string{fmt.Sprintf("%s, MTU %d", link.Name, link.MTU)}
	for _, end := range link.Ends {
		ends = append(ends, f.host(end.Host))
		title = append(title, fmt.Sprintf("%s %s %v", end.Host, end.Name, end.Addresses))
	}
	line := drawnLine{Title: strings.Join(title, "\n")}
	top, bottom, left, right := f.Height, 0, f.Width, 0
	for _, e := range ends {
		top, bottom, left, right = min(top, e.Y), max(bottom, e.Y), min(left, e.X), max(right, e.X)
	}
	if len(ends) == 2 && top != bottom {
		line.Path = fmt.Sprintf("M%d %dL%d %d", ends[0].X, ends[0].Y, ends[1].X, ends[1].Y)
		return line
	}
	bar := bottom - hostHeight/2 - 24
	line.Path = fmt.Sprintf("M%d %dH%d", left, bar, right)
	for _, e := range ends {
		line.Path += fmt.Sprintf("M%d %dV%d", e.X, e.Y, bar)
	}
	return line
}

// sessions draws both ends of a session as one arc.
func (f *fabric) sessions(t *topology.Topology, sessions session.Sessions) {
	drawn := map[[2]string]bool{}
	for _, host := range slices.Sorted(maps.Keys(sessions)) {
		for _, s := range sessions[host] {
			peer, ok := t.HostOf(s.Peer)
			ends := [2]string{min(host, peer), max(host, peer)}
			if !ok || drawn[ends] {
				continue
			}
			drawn[ends] = true
			a, b := f.host(host), f.host(peer)
			line := drawnLine{Title: fmt.Sprintf("%s AS %d – %s AS %d, %s", host, s.LocalAS, peer, s.PeerAS, s.Kind), External: s.LocalAS != s.PeerAS}
			middle, bend := (a.X+b.X)/2, (a.Y+b.Y)/2
			if a.Y == b.Y {
				distance := max(a.X-b.X, b.X-a.X)
				bend = a.Y + hostHeight/2 + min(2*(arcRoom+hostHeight/2)-20, 40+distance/3)
			} else {
				middle += 26
			}
			line.Path = fmt.Sprintf("M%d %dQ%d %d %d %d", a.X, a.Y, middle, bend, b.X, b.Y)
			f.Sessions = append(f.Sessions, line)
		}
	}
}
