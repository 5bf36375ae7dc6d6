package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// Names of the invariants: what holds at every moment of a lab, whatever Calico and the
// routers make of it. One that is broken makes the verdict broken-lab.
const (
	// componentsRun: every component runs when a spec has ended.
	componentsRun = "components-run"
	// nothingRestarted: no component ended or started again unless a spec asked for it.
	nothingRestarted = "nothing-restarted"
	// birdRunsItsFiles: a node's BIRD runs what confd wrote for it.
	birdRunsItsFiles = "bird-runs-its-files"
	// routersRunTheirFiles: a router of the fabric runs what it is configured to do.
	routersRunTheirFiles = "routers-run-their-files"
	// logsAreClean: no panic and no unexpected error in a component's log.
	logsAreClean = "logs-are-clean"
	// designRestored: what specs change is as it was at the baseline.
	designRestored = "design-restored"
)

// componentKey names a component.
type componentKey struct{ host, name string }

func (k componentKey) String() string { return k.name + " on " + k.host }

// componentsNow lists the lab's components, or nothing for a lab that cannot tell.
func (l *Lab) componentsNow(ctx context.Context) (map[componentKey]supervisor.Status, error) {
	lister, err := lab.ComponentListerOf(l.Lab)
	if errors.Is(err, lab.ErrUnable) {
		return nil, nil
	}
	list, err := lister.Components(ctx)
	if err != nil {
		return nil, err
	}
	components := map[componentKey]supervisor.Status{}
	for _, c := range list {
		components[componentKey{c.Host, c.Name}] = c
	}
	return components, nil
}

// componentsRun expects every component to run.
func (l *Lab) componentsRun(ctx context.Context) fault {
	components, err := l.componentsNow(ctx)
	if err != nil {
		return fault{invariant: componentsRun, text: err.Error()}
	}
	var ended []string
	for key, c := range components {
		if c.State != supervisor.Running {
			ended = append(ended, strings.TrimSpace(fmt.Sprintf("%s is %s %s", key, c.State, c.Error)))
		}
	}
	slices.Sort(ended)
	return fault{invariant: componentsRun, text: strings.Join(ended, "\n")}
}

// birdRunsItsFiles expects every node's BIRD to run what confd wrote.
func (l *Lab) birdRunsItsFiles(ctx context.Context) fault { return l.staleBIRDs(ctx, nil) }

// untouchedBIRDs is birdRunsItsFiles of the nodes whose BIRD the running spec neither ends
// nor starts.
func (l *Lab) untouchedBIRDs(ctx context.Context) fault { return l.staleBIRDs(ctx, l.askedFor) }

func (l *Lab) staleBIRDs(ctx context.Context, except map[componentKey]bool) fault {
	var stale []string
	if l.mode.WithoutBGP() {
		return fault{} // there is none
	}
	for _, node := range l.topology.CalicoNodes() {
		if except[componentKey{node.Name, BIRD}] {
			continue
		}
		host, err := l.Host(node.Name)
		if err != nil {
			return fault{invariant: birdRunsItsFiles, text: err.Error()}
		}
		why, err := observe.StaleBIRD(ctx, host, node.Families(), time.Time{})
		if errors.Is(err, lab.ErrUnable) {
			continue // its files cannot be read, and its tables are compared anyway
		}
		if err != nil {
			why = err.Error()
		}
		if why != "" {
			stale = append(stale, node.Name+": "+why)
		}
	}
	return fault{invariant: birdRunsItsFiles, text: strings.Join(stale, "\n")}
}

// routersRunTheirFiles expects the routers to run what they are configured to do.
func (l *Lab) routersRunTheirFiles(ctx context.Context) fault {
	var differ []string
	for _, router := range l.routers {
		if err := l.verifyRouter(ctx, router); err != nil && !errors.Is(err, lab.ErrUnable) {
			differ = append(differ, err.Error())
		}
	}
	return fault{invariant: routersRunTheirFiles, text: strings.Join(differ, "\n")}
}

func (l *Lab) verifyRouter(ctx context.Context, router fabric.Router) error {
	host, err := l.Host(router.Host)
	if err != nil {
		return err
	}
	return observe.VerifyRouter(ctx, host, router)
}

// asked remembers that a spec has asked for a component to end or start.
func (l *Lab) asked(host, name string) {
	if l.askedFor == nil {
		l.askedFor = map[componentKey]bool{}
	}
	l.askedFor[componentKey{host, name}] = true
}

// askedRouter remembers that a spec configured a router, for which its software may
// have to start again.
func (l *Lab) askedRouter(host string) {
	for key := range l.components {
		if key.host == host {
			l.asked(host, key.name)
		}
	}
}

// complaints implements gated: what has happened in the lab since it was asked last that
// must not happen, though it may be over.
func (l *Lab) complaints(ctx context.Context) fault {
	now, err := l.componentsNow(ctx)
	if err != nil {
		return fault{invariant: componentsRun, text: err.Error()}
	}
	again := restarted(l.components, now, l.askedFor)
	l.components, l.askedFor = now, nil
	if again != "" {
		return fault{invariant: nothingRestarted, text: again}
	}
	return fault{invariant: logsAreClean, text: l.logs.complaints(ctx, l.Lab)}
}

// restarted lists the components that another process runs than before, though nobody
// asked. A program that asks for its own restart by its exit status, as Felix does for a
// new configuration, is counted as restarted by its supervisor and is no complaint.
func restarted(before, now map[componentKey]supervisor.Status, asked map[componentKey]bool) string {
	var list []string
	for key, c := range now {
		old, known := before[key]
		if !known || asked[key] || c.PID == old.PID || c.Restarts != old.Restarts || c.SelfRestarting {
			continue
		}
		list = append(list, fmt.Sprintf("%s was process %d and is process %d since %s", key, old.PID, c.PID, c.Since.Local().Format("15:04:05.000")))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
