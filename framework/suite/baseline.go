package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
)

// baseline is what a lab is before its first spec and has to be again after each.
type baseline struct {
	// design is what decides the lab's sessions and routes and what specs change.
	design oracle.State
}

// look implements gated: one look at all that the baseline says.
func (l *Lab) look(ctx context.Context, nested bool) fault {
	for _, check := range []func(context.Context) fault{l.componentsRun, l.birdRunsItsFiles, l.routersRunTheirFiles} {
		if f := check(ctx); !f.none() {
			return f
		}
	}
	state, err := l.State(ctx)
	if err != nil {
		return faultOf("read the lab's state", err)
	}
	if !nested && l.baseline != nil {
		if left := leftovers(l.baseline.design, state); left != "" {
			return fault{invariant: designRestored, text: left}
		}
	}
	if f := l.agrees(ctx, state); !f.none() {
		return f
	}
	if l.baseline == nil {
		return l.remember(ctx, state)
	}
	return fault{}
}

// agrees compares sessions and main tables of all hosts, and the VTEPs that nodes know,
// with the oracle's, and then looks for what else decides over packets. That comes last: a
// lab on its way back fails at the tables, and is asked for the rest once.
func (l *Lab) agrees(ctx context.Context, state oracle.State) fault {
	sessions, err := state.Sessions()
	if err != nil {
		return faultOf("compute the sessions", err)
	}
	seen, err := observe.Sessions(ctx, l.Lab)
	if err != nil {
		return faultOf("read the sessions", err)
	}
	if difference := diff.Compare(sessions, session.Settled(seen)); len(difference) > 0 {
		return fault{text: "sessions are not as expected:\n" + difference.String()}
	}
	tables, err := state.Tables()
	if err != nil {
		return faultOf("compute the routes", err)
	}
	got, err := observe.KernelTables(ctx, l.Lab)
	if err != nil {
		return faultOf("read the routes", err)
	}
	if difference := diff.Compare(tables, got); len(difference) > 0 {
		return fault{text: "routes are not as expected:\n" + difference.String()}
	}
	vteps, err := state.VTEPs()
	if err != nil {
		return faultOf("compute the VTEPs", err)
	}
	known, err := observe.VTEPs(ctx, l.Lab, l.mode.VXLANDevice())
	if err != nil {
		return faultOf("read the VTEPs", err)
	}
	if difference := diff.Compare(vteps, known); len(difference) > 0 {
		return fault{text: "VTEPs are not as expected:\n" + difference.String()}
	}
	foreign, err := observe.Foreign(ctx, l.Lab)
	if err != nil {
		return faultOf("look for foreign settings", err)
	}
	if len(foreign) > 0 {
		return fault{text: "hosts have what neither the lab nor Calico gave them:\n" + observe.Findings(foreign)}
	}
	return fault{}
}

// remember stores the present state as the baseline.
func (l *Lab) remember(ctx context.Context, state oracle.State) fault {
	var err error
	if l.components, err = l.componentsNow(ctx); err != nil {
		return fault{text: err.Error()}
	}
	l.baseline = &baseline{design: state}
	return fault{}
}

// leftovers returns what a spec has not undone, of what decides sessions and routes;
// empty if nothing. Blocks, pods and endpoints come and go by themselves.
func leftovers(before, now oracle.State) string {
	var left []string
	was, is := designOf(before), designOf(now)
	for _, key := range slices.Sorted(maps.Keys(was)) {
		switch value, there := is[key]; {
		case !there:
			left = append(left, key+" is gone")
		case value != was[key]:
			left = append(left, fmt.Sprintf("%s is %s, and was %s", key, value, was[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if _, there := was[key]; !there {
			left = append(left, key+" is still there")
		}
	}
	return strings.Join(left, "\n")
}

// designOf has what specs change of a state, by a name for people.
func designOf(state oracle.State) map[string]string {
	design := map[string]string{}
	add := func(kind, name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			text = fmt.Appendf(nil, "%+v", value)
		}
		design[strings.TrimSpace(kind+" "+name)] = string(text)
	}
	resources := state.Resources
	for _, r := range resources.IPPools {
		add("IPPool", r.Name, r.Spec)
	}
	for _, r := range resources.BGPConfigurations {
		add("BGPConfiguration", r.Name, r.Spec)
	}
	for _, r := range resources.BGPPeers {
		add("BGPPeer", r.Name, r.Spec)
	}
	for _, r := range resources.BGPFilters {
		add("BGPFilter", r.Name, r.Spec)
	}
	for _, r := range resources.FelixConfigurations {
		// An object without a setting is no object: a switch of modes makes one.
		if !reflect.ValueOf(r.Spec).IsZero() {
			add("FelixConfiguration", r.Name, r.Spec)
		}
	}
	for _, n := range state.Nodes {
		add("labels of node", n.Name, n.Labels)
		add("AS number of node", n.Name, n.AS)
		add("reflector's cluster of node", n.Name, n.ReflectorClusterID)
	}
	for _, s := range state.Services {
		add("service", s.Namespace+"/"+s.Name, true)
	}
	for _, r := range state.Routers {
		add("configuration of router", r.Host, r)
	}
	if state.Flannel != nil {
		add("flannel's", "configuration", state.Flannel)
	}
	for node, routes := range state.Foreign {
		add("foreign routes of node", node, routes)
	}
	for link, cut := range state.CutLinks {
		if cut {
			add("cut of link", link, true)
		}
	}
	for end, cut := range state.CutEnds {
		if cut {
			add("cut of "+end.Host+" off link", end.Link, true)
		}
	}
	return design
}

// proveBaseline declares the spec that says what the gate found when the lab came up. The
// gate has waited by then, so that one look suffices.
func (l *Lab) proveBaseline() {
	name := fmt.Sprintf("baseline: a lab of %s in mode %s MUST have exactly the sessions and routes of its design", l.topology.Name, l.mode.Name)
	ginkgo.It(name, ginkgo.Label(requirement.BaselineLabel), func(ctx ginkgo.SpecContext) {
		state, err := l.State(ctx)
		if err != nil {
			ginkgo.Fail(err.Error())
		}
		if f := l.agrees(ctx, state); !f.none() {
			ginkgo.Fail(f.String())
		}
		counts, err := countExpected(state)
		if err != nil {
			ginkgo.Fail(err.Error())
		}
		ginkgo.AddReportEntry("baseline", counts, ginkgo.ReportEntryVisibilityNever)
	})
}

// countExpected says of how many sessions and routes a baseline is made. One of nothing
// could not fail, and is an error.
func countExpected(state oracle.State) (string, error) {
	sessions, err := state.Sessions()
	if err != nil {
		return "", err
	}
	tables, err := state.Tables()
	if err != nil {
		return "", err
	}
	var numberOfSessions, numberOfRoutes int
	for _, list := range sessions {
		numberOfSessions += len(list)
	}
	for _, table := range tables {
		numberOfRoutes += len(table)
	}
	if numberOfSessions == 0 && !state.WithoutBGP() || numberOfRoutes == 0 {
		return "", fmt.Errorf("the design gives %d ends of sessions and %d routes: a lab of nothing proves nothing", numberOfSessions, numberOfRoutes)
	}
	return fmt.Sprintf("%d ends of sessions and %d routes on %d hosts", numberOfSessions, numberOfRoutes, len(tables)), nil
}
