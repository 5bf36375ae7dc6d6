package traffic

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// attemptsBefore is how many attempts of a meter lie before what a spec does, and
// attemptsAfter and datagramsAfter how many after it: a second.
const (
	attemptsBefore = 5
	attemptsAfter  = 20
	datagramsAfter = 40
)

// Meters probe several flows all the time while a spec changes something.
type Meters struct {
	meters map[string]meter
	// after is how many more probes of each flow Stop waits for.
	after int
	// measured says that the report has what was seen.
	measured bool
}

// meter is a probe.Meter or a probe.Stream.
type meter interface {
	Seen() probe.Outage
	Stop() probe.Outage
}

// Meter begins to probe flows, by the names that they have in the report. It
// returns when each has been probed some times before anything is changed. Each attempt
// is a connection and two requests: for many flows at a time see MeterPods.
func Meter(ctx context.Context, flows map[string]Flow) *Meters {
	ginkgo.GinkgoHelper()
	meters := map[string]meter{}
	for name, flow := range flows {
		_, err := lab.DialerOf(flow.From)
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), name)
		meters[name] = probe.NewMeter(ctx, flow.From, flow.To)
	}
	return begin(ctx, meters, attemptsAfter)
}

// MeterPods sends datagrams between pairs of pods: see Stream.
func MeterPods(ctx context.Context, pairs ...workload.PodPair) *Meters {
	ginkgo.GinkgoHelper()
	flows := map[string]Datagrams{}
	for _, pair := range pairs {
		flows[pair.String()] = BetweenPods(pair.From, pair.To)
	}
	return Stream(ctx, flows)
}

// Stream begins to send datagrams one way, by the names of the flows in the report, and
// returns when some have arrived of each before anything is changed. The receiver has to
// see the sender's own address. It costs little: 40 datagrams a second and flow.
func Stream(ctx context.Context, flows map[string]Datagrams) *Meters {
	ginkgo.GinkgoHelper()
	meters := map[string]meter{}
	for name, flow := range flows {
		stream, err := probe.NewStream(ctx, flow.From, flow.To, flow.Address, flow.As)
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), name)
		ginkgo.DeferCleanup(func() { stream.Stop() })
		meters[name] = stream
	}
	return begin(ctx, meters, datagramsAfter)
}

func begin(ctx context.Context, meters map[string]meter, after int) *Meters {
	ginkgo.GinkgoHelper()
	gomega.Expect(meters).NotTo(gomega.BeEmpty(), "flows to probe")
	m := &Meters{meters: meters, after: after}
	// Also of a spec that failed before it came to Stop.
	ginkgo.DeferCleanup(func() { m.measure() })
	m.wait(ctx, attemptsBefore)
	return m
}

// wait waits until each flow has been probed so many more times, all at the same time.
func (m *Meters) wait(ctx context.Context, more int) {
	ginkgo.GinkgoHelper()
	enough := map[string]int{}
	for name, meter := range m.meters {
		enough[name] = meter.Seen().Sent + more
	}
	for name, meter := range m.meters {
		gomega.Eventually(func() int { return meter.Seen().Sent }).WithContext(ctx).Should(gomega.BeNumerically(">=", enough[name]), name)
	}
}

// Stop probes on for a second, ends, and returns what was seen, which the report has
// too.
func (m *Meters) Stop(ctx context.Context) map[string]probe.Outage {
	ginkgo.GinkgoHelper()
	m.wait(ctx, m.after)
	return m.measure()
}

// measure ends the meters and puts what they have seen into the report, once.
func (m *Meters) measure() map[string]probe.Outage {
	ginkgo.GinkgoHelper()
	// Side by side, because each may wait for what is on its way.
	var ended sync.WaitGroup
	for _, meter := range m.meters {
		ended.Go(func() { meter.Stop() })
	}
	ended.Wait()
	seen := map[string]probe.Outage{}
	for _, name := range slices.Sorted(maps.Keys(m.meters)) {
		seen[name] = m.meters[name].Stop()
		if !m.measured {
			requirement.Measured(measurement(name, seen[name]))
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

// ExpectRecovered ends the meters and expects that no flow was out for longer than a bound,
// and that none has lost anything that it sent from now on, for a second. Spread over two
// ways of which one is dead, a flow of 20 connections passes once in a million times.
func (m *Meters) ExpectRecovered(ctx context.Context, bound time.Duration) {
	ginkgo.GinkgoHelper()
	recovered := time.Now()
	for name, outage := range m.Stop(ctx) {
		gomega.Expect(outage.Longest).To(gomega.BeNumerically("<", bound), "%s: %s; last error: %v", name, outage, outage.Last)
		gomega.Expect(outage.LastLost).To(gomega.BeTemporally("<", recovered), "%s: it goes on losing: %s; last error: %v", name, outage, outage.Last)
	}
}

// ExpectNoLoss ends the meters and expects that no attempt of any has failed.
func (m *Meters) ExpectNoLoss(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for name, outage := range m.Stop(ctx) {
		gomega.Expect(outage.Lost).To(gomega.BeZero(), "%s: %s; last error: %v", name, outage, outage.Last)
	}
}

// ExpectNoTwoLost ends the meters and expects that no flow has lost two probes in a row.
//
// It is for changes by which BIRD replaces a route on the way. BIRD 1.6, Calico's too,
// deletes the kernel's route and then adds the new one, even if both have the same next hop
// (krt_replace_rte in sysdep/linux/netlink.c). A packet in between has no route, so that one
// probe of a flow may be lost each time. docs/reliability.md has the time that it takes.
func (m *Meters) ExpectNoTwoLost(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for name, outage := range m.Stop(ctx) {
		gomega.Expect(outage.InARow).To(gomega.BeNumerically("<", 2), "%s: %s; last error: %v", name, outage, outage.Last)
	}
}
