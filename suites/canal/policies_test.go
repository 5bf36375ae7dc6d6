package canal

import (
	"context"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// comes waits until attempts of all pairs, side by side, have a certain outcome.
func comes(ctx SpecContext, outcome probe.Outcome, pairs ...workload.PodPair) {
	GinkgoHelper()
	Eventually(func(ctx context.Context) (map[string]probe.Outcome, error) {
		var mu sync.Mutex
		outcomes := map[string]probe.Outcome{}
		var attempts errgroup.Group
		for _, p := range pairs {
			attempts.Go(func() error {
				became, err := probe.Attempt(ctx, p.From, p.To.Address, probe.Silence)
				mu.Lock()
				defer mu.Unlock()
				outcomes[p.String()] = became
				return err
			})
		}
		return outcomes, attempts.Wait()
	}).WithContext(ctx).Should(HaveEach(outcome))
}

// closes closes all pods by a policy, and opens them again.
func closes(ctx SpecContext, lab *suite.Lab, pairs []workload.PodPair) {
	GinkgoHelper()
	closed := workload.NewPolicy(ctx, lab)
	comes(ctx, probe.TimedOut, pairs...)
	closed.Delete(ctx)
	comes(ctx, probe.Answered, pairs...)
}

// policies are Felix's work beside flannel.
func policies(lab *suite.Lab) {
	Context("policies", Label("policies"), func() {
		Requirement("CAN-040", "a NetworkPolicy that allows nobody MUST close pods to the pods of all other nodes, and open them again when it goes", Needs(EnterPods), func(ctx SpecContext) {
			closes(ctx, lab, workload.PodPairs(ctx, lab, topology.AllPairs))
		})

		Requirement("CAN-041", "a NetworkPolicy that allows a pod by its address MUST let it in through the tunnel, and keep all others out", Needs(EnterPods), func(ctx SpecContext) {
			allowed := workload.PodPairs(ctx, lab, topology.AcrossRacks)[0]
			var others []workload.PodPair
			for _, p := range workload.PodPairs(ctx, lab, topology.AllPairs) {
				if p.From.Node != allowed.From.Node {
					others = append(others, p)
				}
			}
			workload.NewPolicy(ctx, lab)
			comes(ctx, probe.TimedOut, allowed)
			workload.NewPolicy(ctx, lab, allowed.From)
			comes(ctx, probe.Answered, allowed)
			comes(ctx, probe.TimedOut, others...)
		})
	})
}
