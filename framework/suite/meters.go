package suite

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/requirement"
)

// attemptsBefore and attemptsAfter are how many attempts of a meter lie before and
// after what a spec does: a quarter of a second and a second.
const (
	attemptsBefore = 5
	attemptsAfter  = 20
)

// Flow is a place from which to probe and an address to probe.
type Flow struct {
	From lab.Host
	To   netip.AddrPort
}

// Meters probe several flows all the time while a spec changes something.
type Meters struct {
	meters map[string]*probe.Meter
	// measured says that the report has what was seen.
	measured bool
}

// Meter begins to probe flows, by the names that they have in the report. It
// returns when each has been probed some times before anything is changed.
func (l *Lab) Meter(ctx context.Context, flows map[string]Flow) *Meters {
	ginkgo.GinkgoHelper()
	gomega.Expect(flows).NotTo(gomega.BeEmpty(), "flows to probe")
	m := &Meters{meters: map[string]*probe.Meter{}}
	for name, flow := range flows {
		m.meters[name] = probe.NewMeter(ctx, flow.From, flow.To)
	}
	// Also of a spec that failed before it came to Stop.
	ginkgo.DeferCleanup(func() { m.measure() })
	m.wait(ctx, attemptsBefore)
	return m
}

// wait waits until each flow has been probed so many more times.
func (m *Meters) wait(ctx context.Context, more int) {
	ginkgo.GinkgoHelper()
	for name, meter := range m.meters {
		enough := meter.Seen().Sent + more
		gomega.Eventually(func() int { return meter.Seen().Sent }).WithContext(ctx).Should(gomega.BeNumerically(">=", enough), name)
	}
}

// Stop probes on for a second, ends, and returns what was seen, which the report has
// too.
func (m *Meters) Stop(ctx context.Context) map[string]probe.Outage {
	ginkgo.GinkgoHelper()
	m.wait(ctx, attemptsAfter)
	return m.measure()
}

// measure ends the meters and puts what they have seen into the report, once.
func (m *Meters) measure() map[string]probe.Outage {
	ginkgo.GinkgoHelper()
	seen := map[string]probe.Outage{}
	for _, name := range slices.Sorted(maps.Keys(m.meters)) {
		outage := m.meters[name].Stop()
		seen[name] = outage
		if !m.measured {
			requirement.Measured(measurement(name, outage))
		}
	}
	m.measured = true
	return seen
}

// measurement is an outage as reports have it.
func measurement(flow string, outage probe.Outage) requirement.Measurement {
	m := requirement.Measurement{Flow: flow, Sent: outage.Sent, Lost: outage.Lost, LongestOutage: outage.Longest.Milliseconds()}
	if outage.Last != nil {
		m.LastError = outage.Last.Error()
	}
	return m
}

// ExpectNoLoss ends the meters and expects that no attempt of any has failed.
func (m *Meters) ExpectNoLoss(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for name, outage := range m.Stop(ctx) {
		gomega.Expect(outage.Lost).To(gomega.BeZero(), "%s: %s; last error: %v", name, outage, outage.Last)
	}
}
