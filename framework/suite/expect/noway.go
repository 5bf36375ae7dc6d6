package expect

import (
	"context"
	"errors"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Attempt is from a place, which is on a host or is that host, to a pod.
type Attempt struct {
	Host string
	From lab.Host
	To   workload.Pod
}

// NoWay expects that places do not reach pods, side by side, and that the kernels' tables
// say why: a host on the way has no route to the pod. A router tells only so often that it
// has no way, and is silent otherwise.
func NoWay(ctx context.Context, l *suite.Lab, attempts ...Attempt) {
	ginkgo.GinkgoHelper()
	gomega.Expect(attempts).NotTo(gomega.BeEmpty(), "places that do not reach pods")
	tables, err := observe.KernelTables(ctx, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	outcomes := make([]probe.Outcome, len(attempts))
	var tasks errgroup.Group
	for i, a := range attempts {
		tasks.Go(func() (err error) {
			outcomes[i], err = probe.Attempt(ctx, a.From, a.To.Address, probe.Timeout)
			return err
		})
	}
	gomega.Expect(tasks.Wait()).To(gomega.Succeed())
	for i, a := range attempts {
		gomega.Expect(outcomes[i]).To(gomega.BeElementOf(probe.Unreachable, probe.TimedOut), "from %s to the pod on %s", a.From.Name(), a.To.Node)
		_, err := state.Walk(tables, a.Host, a.To.Address.Addr())
		var end *oracle.DeadEnd
		gomega.Expect(errors.As(err, &end)).To(gomega.BeTrue(), "the tables lead from %s to the pod on %s: %v", a.Host, a.To.Node, err)
		gomega.Expect(end.Reason).To(gomega.Equal(oracle.NoRoute), end.Error())
	}
}

// ClientsHaveNoWay expects NoWay from every client outside to the pod on every node.
func ClientsHaveNoWay(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	var attempts []Attempt
	for _, client := range l.Topology().ByRole(topology.Client) {
		for _, pod := range workload.Pods(ctx, l) {
			attempts = append(attempts, Attempt{Host: client.Name, From: l.From(client.Name), To: pod})
		}
	}
	NoWay(ctx, l, attempts...)
}
