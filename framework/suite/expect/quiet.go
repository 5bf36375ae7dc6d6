package expect

import (
	"context"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
)

// restlessPeriods is for how many periods routes may go on to change now and then before
// the lab counts as one that does not come to rest. Changes of the lab's start, or of the
// end of an earlier spec, are over in the first one.
const restlessPeriods = 2

// Quiet expects that routes come to rest: that no host's main table changes for a
// period, which begins again with a change in the first two. Then provoke has to change
// one, so that the silence means something.
func Quiet(ctx context.Context, l *suite.Lab, period time.Duration, provoke func()) {
	ginkgo.GinkgoHelper()
	changes, err := observe.WatchRoutes(ctx, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	var seen []string
	began := time.Now()
	for {
		select {
		case change := <-changes:
			seen = append(seen, change.Text)
			gomega.Expect(time.Since(began)).To(gomega.BeNumerically("<", restlessPeriods*period),
				"routes change though nothing happens:\n%s", strings.Join(seen, "\n"))
			continue
		case <-time.After(period):
		case <-ctx.Done():
			ginkgo.Fail("the spec's time is over")
		}
		break
	}
	ginkgo.By("changing something, so that the silence means something")
	provoke()
	gomega.Eventually(changes).WithContext(ctx).Should(gomega.Receive())
}
