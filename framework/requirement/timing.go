package requirement

import (
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
)

const (
	// TimingLabel is the label of requirements that bound how long something takes.
	TimingLabel = "timing"
	// marginPrefix begins the label that has a timing promise's margin.
	marginPrefix = "margin:"
)

// Timing marks a requirement that bounds how long something takes or how many probes it
// costs. margin is how long the machine may stand still in one piece before such a promise
// can no longer be judged: a failure after a longer stall is inconclusive. A promise that
// was still kept has passed.
func Timing(margin time.Duration) ginkgo.Labels {
	return ginkgo.Label(TimingLabel, marginPrefix+margin.String())
}

// Margin finds the margin of a timing promise among a spec's labels.
func Margin(labels []string) (time.Duration, bool) {
	i := slices.IndexFunc(labels, func(label string) bool { return strings.HasPrefix(label, marginPrefix) })
	if i < 0 {
		return 0, false
	}
	margin, err := time.ParseDuration(strings.TrimPrefix(labels[i], marginPrefix))
	return margin, err == nil
}
