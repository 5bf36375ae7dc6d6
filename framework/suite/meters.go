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
	ginkgo.DeferCleanup(func() {
		for _, meter := range m.meters {
			meter.Stop()
		}
	})
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

// Stop probes on for a second, ends, and returns what was seen, which the report
// shows too.
func (m *Meters) Stop(ctx context.Context) map[string]probe.Outage {
	ginkgo.GinkgoHelper()
	m.wait(ctx, attemptsAfter)
	seen := map[string]probe.Outage{}
	for _, name := range slices.Sorted(maps.Keys(m.meters)) {
		seen[name] = m.meters[name].Stop()
		ginkgo.AddReportEntry("outage: "+name, seen[name].String())
	}
	return seen
}

// ExpectNoLoss ends the meters and expects that no attempt of any has failed.
func (m *Meters) ExpectNoLoss(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for name, outage := range m.Stop(ctx) {
		gomega.Expect(outage.Lost).To(gomega.BeZero(), "%s: %s; last error: %v", name, outage, outage.Last)
	}
}
