package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/e2e-framework/klient"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// upTimeout bounds a lab's bring-up on a machine that has much else to do.
const upTimeout = 10 * time.Minute

// Lab is a lab that lives as long as its suite. It is brought up for the first
// spec that needs it.
type Lab struct {
	suite    *Suite
	provider lab.Provider
	topology *topology.Topology
	mode     *calico.Mode

	lab.Lab
	// running is nil until the lab is up.
	running lab.Running
	// reference says that another lab is compared with this one.
	reference bool
	// attached says that the lab was there before the suite.
	attached bool
	// calicoVersion is that of the lab that the suite has used; empty if it has used none.
	calicoVersion string
	// calicoBIRD says that its nodes run Calico's own BIRD.
	calicoBIRD bool
	// entered is the mode that a spec has put the lab into; empty for its own.
	entered string
	// settling is of the spec that is changing Calico's resources; nil if none is.
	settling *settling
	// gate decides which specs may run, and baseline is what the lab has to be between them;
	// nil until the gate has found it so.
	gate     *gate
	baseline *baseline
	// components are as they were when the gate last looked, and askedFor those that a spec
	// has since asked to end or start.
	components map[componentKey]supervisor.Status
	askedFor   map[componentKey]bool
	logs       logWatch
	// calicoNodes are those that the running spec has ended or started.
	calicoNodes map[string]*calicoNode
	// spoiled is the defect that is in the lab; nil for none.
	spoiled *spoiled
	// failed says that a spec on this lab has failed.
	failed bool
	// used says that a container of specs uses the lab.
	used bool
	// unwatch ends the watch of the lab's routes.
	unwatch context.CancelFunc
	cut     map[string]bool
	// cutEnds are the hosts that are cut off links.
	cutEnds map[oracle.End]bool
	// foreign are routes that specs have given nodes.
	foreign map[string]route.Table
	// routers is what the fabric's routers are configured to do.
	routers []fabric.Router

	// routeLog has the changes of routes since the lab is here.
	routeLog routeLog

	cluster *observe.Cluster
	// Calico and Client reach the lab's resources.
	Calico *datastore.Store
	Client klient.Client
}

// Lab declares a lab of the suite. Specs within a container that calls Use run on
// it.
func (s *Suite) Lab(topologyName, modeName string) *Lab {
	ginkgo.GinkgoHelper()
	return s.lab(s.options.provider, topologyName, modeName, "", false)
}

// LabWithLeaves declares a lab as Lab does whose leaves all run one software, unless the flag
// gives another one.
func (s *Suite) LabWithLeaves(software topology.Software, topologyName, modeName string) *Lab {
	ginkgo.GinkgoHelper()
	return s.lab(s.options.provider, topologyName, modeName, software, false)
}

// ReferenceLab declares a lab as Lab does, which is one of the default provider and brought
// up for the suite, whatever provider was asked for: a reference for another lab.
func (s *Suite) ReferenceLab(topologyName, modeName string) *Lab {
	ginkgo.GinkgoHelper()
	return s.lab(s.options.providers.Default(), topologyName, modeName, "", true)
}

func (s *Suite) lab(provider lab.Provider, topologyName, modeName string, leaves topology.Software, reference bool) *Lab {
	if s.sabotage != nil {
		// Each defect declares the suite's specs again, on the same labs.
		for _, l := range s.labs {
			if l.reference == reference && l.topology.Name == topologyName && l.mode.Name == modeName {
				return l
			}
		}
	}
	t, err := fixtures.Topology(topologyName)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	m, err := fixtures.Mode(modeName)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	if m, err = m.WithRouteOwner(s.options.owner); err != nil {
		ginkgo.Fail(fmt.Sprintf("-%s: %v", ownerFlag, err))
	}
	if leaves = cmp.Or(s.options.leaves, leaves); leaves != "" {
		t = t.WithSoftware(leaves)
	}
	l := &Lab{suite: s, provider: provider, reference: reference, topology: t, mode: m, cut: map[string]bool{}, cutEnds: map[oracle.End]bool{}, foreign: map[string]route.Table{}}
	l.gate = newGate(l)
	s.labs = append(s.labs, l)
	return l
}

// Use makes the specs of the container that calls it run on the lab: each begins on a lab
// that is up and at its baseline, whatever ran before, is blamed if it leaves it otherwise,
// and leaves evidence behind when it fails. The first container also gets a spec that
// proves the baseline itself.
func (l *Lab) Use() {
	if !l.used && l.suite.sabotage == nil {
		l.used = true
		l.proveBaseline()
	}
	ginkgo.BeforeEach(l.enterGate, ginkgo.NodeTimeout((1+replacements)*upTimeout))
	// Before any clean-up, which would take the evidence away.
	ginkgo.JustAfterEach(l.endBody, ginkgo.NodeTimeout(2*evidenceTimeout))
}

// evidenceTimeout bounds the reading of evidence.
const evidenceTimeout = time.Minute

// endBody keeps evidence of a spec that did not pass, and asks whether the lab is to blame.
func (l *Lab) endBody(ctx ginkgo.SpecContext) {
	l.suite.bodyOver = true
	if l.suite.sabotage != nil {
		l.suite.sabotage.endBody()
		return
	}
	spec := ginkgo.CurrentSpecReport()
	ruling, ruled := requirement.RulingOf(spec)
	switch {
	case ruled && ruling.Verdict == requirement.Inconclusive:
		l.keepEvidence(ctx)
	case spec.Failed() && !ruled:
		// A spec that the gate refused has no evidence of its own.
		l.failed = true
		l.keepEvidence(ctx)
		l.judgeLab(ctx)
	case !ruled:
		l.record(ctx)
	}
}

// enterGate begins a spec, or says at once why it cannot run.
func (l *Lab) enterGate(ctx ginkgo.SpecContext) {
	l.suite.bodyOver, l.suite.entered = true, l
	if l.suite.sabotage != nil {
		l.suite.sabotage.enter(ctx, l)
		l.suite.bodyOver, l.suite.bodyBegan = false, time.Now()
		return
	}
	if ruling, refused := l.gate.admit(ctx, requirement.NeedsOf(ginkgo.CurrentSpecReport().Labels())); refused {
		requirement.Rule(ruling)
	}
	// Asked for before all other clean-ups, it is the last one that runs.
	ginkgo.DeferCleanup(l.leaveGate, ginkgo.NodeTimeout(upTimeout))
	// The time of the gate is no part of the spec.
	l.suite.bodyOver, l.suite.bodyBegan = false, time.Now()
}

// leaveGate ends a spec, and blames it if it leaves the lab otherwise than it was.
func (l *Lab) leaveGate(ctx ginkgo.SpecContext) {
	spec := ginkgo.CurrentSpecReport()
	if spec.State.Is(types.SpecStateInterrupted | types.SpecStateAborted) {
		return // whoever interrupts a run does not wait for a lab, and blames nobody
	}
	b, left := l.gate.leave(ctx)
	if !left {
		return
	}
	text := fmt.Sprintf("%s\n%s", b.fault, b.then)
	if spec.Failed() {
		// Its own failure stands, and the lab may well be what it is because of that.
		ginkgo.AddReportEntry("the lab after the spec", text, ginkgo.ReportEntryVisibilityAlways)
		return
	}
	if b.invariant != "" {
		requirement.Rule(requirement.Ruling{Verdict: requirement.BrokenLab, Invariant: b.invariant, Reason: text})
	}
	text = "the lab did not return to its baseline after this spec: " + text
	if b.issue != "" && b.mended && requirement.ShowIssue(b.issue, l.CalicoVersion(), text) {
		return
	}
	ginkgo.Fail(text)
}

// judgeTimeout bounds the look at the invariants after a failure.
const judgeTimeout = 10 * time.Second

// judgeLab gives a spec that has failed the verdict broken-lab if an invariant is broken
// now: then its failure says nothing of its promise.
func (l *Lab) judgeLab(ctx context.Context) {
	if l.running == nil || ginkgo.CurrentSpecReport().State.Is(types.SpecStateInterrupted|types.SpecStateAborted) {
		return
	}
	// Evidence may have used the node's time up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), judgeTimeout)
	defer cancel()
	f := l.lasting(ctx, l.untouchedBIRDs)
	if f.none() {
		f = l.unaskedEnd(ctx)
	}
	if !f.none() {
		ginkgo.AddReportEntry(requirement.VerdictEntry, requirement.Ruling{Verdict: requirement.BrokenLab, Invariant: f.invariant, Reason: f.text})
	}
}

// Ready waits until the lab agrees with the oracle, and begins a container with a set-up of
// its own: its BeforeAll calls it first, and once more when the set-up is made. Until the
// container ends the lab is what the set-up and the specs make of it, and has to agree with
// the oracle in that; then it has to be at its baseline again.
func (l *Lab) Ready(ctx context.Context) {
	ginkgo.GinkgoHelper()
	l.gate.nest()
	if l.spoiled != nil {
		// Nothing agrees with the oracle, and nobody is blamed.
		ginkgo.DeferCleanup(l.gate.unnest)
		return
	}
	// Asked for first, it comes after all that undoes the set-up; and that comes after the
	// clean-up of the container's last spec.
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		l.gate.unnest()
		if l.gate.nested == 0 {
			l.leaveGate(ctx)
		}
	}, ginkgo.NodeTimeout(upTimeout))
	f := l.gate.await(ctx, true)
	if f.unable {
		requirement.Rule(requirement.Ruling{Verdict: requirement.Unable, Reason: f.text})
	}
	if !f.none() {
		ginkgo.Fail("the lab does not agree with the oracle after this container's set-up: " + f.String())
	}
}

// witness implements gated.
func (l *Lab) witness(ctx context.Context) {
	l.failed = true
	// A spec that failed by itself has kept its evidence already, from the moment of that.
	if !ginkgo.CurrentSpecReport().Failed() {
		ctx, cancel := context.WithTimeout(ctx, evidenceTimeout)
		defer cancel()
		l.keepEvidence(ctx)
	}
}

// dead implements gated. The end of a component is not the lab's: componentsRun finds it.
func (l *Lab) dead(ctx context.Context) error {
	if l.running == nil {
		return nil
	}
	select {
	case err := <-l.running.Died():
		components, listErr := l.componentsNow(ctx)
		if listErr != nil {
			return errors.Join(err, listErr)
		}
		for _, c := range components {
			if c.State == supervisor.Dead {
				return nil
			}
		}
		return err
	default:
		return nil
	}
}

// replace implements gated.
func (l *Lab) replace(ctx context.Context) error {
	if l.attached {
		return errors.New("it is not this suite's own: take it down and bring it up again")
	}
	if l.running == nil {
		return nil
	}
	if l.suite.options.keep {
		return fmt.Errorf("it is kept, as -%s asks", keepFlag)
	}
	if err := l.running.Down(ctx); err != nil {
		return err
	}
	l.forget()
	return nil
}

// forget makes the lab one that has not been brought up yet.
func (l *Lab) forget() {
	if l.unwatch != nil {
		l.unwatch()
	}
	// l.Lab stays: what a container undoes now is refused by a lab that is gone.
	l.running, l.baseline, l.components, l.askedFor, l.settling = nil, nil, nil, nil, nil
	l.failed = false
	l.calicoNodes = nil
	l.cut, l.cutEnds, l.foreign, l.entered = map[string]bool{}, map[oracle.End]bool{}, map[string]route.Table{}, ""
}

// up implements gated: it finds the lab that was asked for, or makes one.
func (l *Lab) up(ctx context.Context) error {
	if err := l.find(ctx); err != nil {
		return err
	}
	l.Lab, l.calicoVersion, l.calicoBIRD = l.running, l.running.CalicoVersion(), l.running.CalicoBIRD()
	// A lab may have put addresses of its own into the topology: those that Docker gave.
	l.topology = l.running.Topology()
	dynamicClient, err := dynamic.NewForConfig(l.running.Kubernetes())
	if err != nil {
		return fmt.Errorf("make a client for the lab's API: %w", err)
	}
	l.Calico = datastore.New(dynamicClient)
	if l.Client, err = klient.New(l.running.Kubernetes()); err != nil {
		return fmt.Errorf("make a client for the lab's API: %w", err)
	}
	if l.cluster, err = observe.NewCluster(l.running); err != nil {
		return err
	}
	watching, unwatch := context.WithCancel(l.suite.context)
	changes, err := observe.WatchRoutes(watching, l.Lab)
	if err != nil {
		unwatch()
		return err
	}
	l.unwatch = unwatch
	go l.routeLog.follow(watching, changes)
	// Those of a lab that was there before may do something else than its mode says.
	if l.routers, err = observe.Routers(ctx, l.Lab); err != nil {
		return err
	}
	return l.logs.begin(ctx, l.Lab)
}

func (l *Lab) find(ctx context.Context) error {
	if name := l.suite.options.lab; name != "" && !l.reference {
		found, err := l.suite.options.providers.Attach(ctx, name)
		if err != nil {
			return err
		}
		is, needed := describe(found.Topology(), found.Mode()), describe(l.topology, l.mode)
		if is == needed {
			l.running, l.attached = found, true
			return nil
		}
		ginkgo.GinkgoWriter.Printf("Lab %s is %s; these specs need %s and get a lab of their own.\n", name, is, needed)
	}
	if err := l.makeRoom(ctx); err != nil {
		return err
	}
	for _, warning := range slices.Concat(l.topology.Warnings, l.mode.Warnings) {
		ginkgo.GinkgoWriter.Println("warning:", warning)
	}
	began := time.Now()
	up, err := l.suite.options.providers.Up(ctx, l.provider, lab.Options{Topology: l.topology, Mode: l.mode, BIRD: l.suite.options.bird, Progress: printPhase})
	if err != nil {
		return err
	}
	ginkgo.GinkgoWriter.Printf("lab %s is ready after %.1f s\n", up.Name(), time.Since(began).Seconds())
	l.running = up
	return nil
}

// describe says what a lab is made from. Labs of the same description are alike.
func describe(t *topology.Topology, m *calico.Mode) string {
	var software []string
	for _, host := range t.Hosts {
		if host.Software != "" {
			software = append(software, fmt.Sprintf("%s on %s", host.Software, host.Name))
		}
	}
	return fmt.Sprintf("topology %s (%s) in mode %s, routes by %s", t.Name, strings.Join(software, ", "), m.Name, m.RouteOwner)
}

func printPhase(event lab.Event) {
	switch {
	case event.Done && event.Error != "":
		ginkgo.GinkgoWriter.Printf("  %-14s failed after %5.2f s\n", event.Phase, event.Seconds)
	case event.Done:
		ginkgo.GinkgoWriter.Printf("  %-14s %5.2f s\n", event.Phase, event.Seconds)
	}
}

// down takes the lab down unless it was there before the suite or is to be kept.
func (l *Lab) down(ctx context.Context, keep bool) error {
	if l.running == nil || l.attached {
		return nil
	}
	if keep && l.failed {
		if err := l.running.Release(); err != nil {
			return err
		}
		if l.suite.options.providers.Inside() {
			return nil // whoever runs this suite inside says by which name it is known outside
		}
		name := l.running.Name()
		fmt.Printf("\nThe lab of the failed run is kept. Enter a host of it:  rackproof lab exec --name %s %s\nRemove it:  rackproof lab down %s\n",
			name, l.topology.Nodes()[0].Name, name)
		return nil
	}
	return l.running.Down(ctx)
}
