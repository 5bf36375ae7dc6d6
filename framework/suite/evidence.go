package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/reports"
)

// keepEvidence writes what the lab looks like at the moment of a failure.
func (l *Lab) keepEvidence(ctx context.Context) {
	if told := l.suite.stalls.since(ginkgo.CurrentSpecReport().StartTime); told != "" {
		ginkgo.AddReportEntry("the machine stood still", told, ginkgo.ReportEntryVisibilityAlways)
	}
	if l.Lab == nil {
		return // the lab did not come up; its error says why
	}
	folder := l.suite.evidenceFolder(cmp.Or(requirement.ID(ginkgo.CurrentSpecReport().Labels()), requirement.BaselineLabel))
	if i := slices.Index(l.suite.labs, l); len(l.suite.labs) > 1 {
		// A spec may use two labs, and each has a baseline.
		folder = filepath.Join(folder, fmt.Sprintf("lab-%d-%s-%s", i+1, l.topology.Name, l.mode.Name))
	}
	state, stateErr := l.State(ctx)
	err := observe.Evidence(ctx, l.Lab, state, folder)
	err = errors.Join(err, os.WriteFile(filepath.Join(folder, "route-changes.txt"), []byte(l.routeLog.String()), 0o644))
	err = errors.Join(err, reports.WriteRouteChanges(folder, l.routeLog.recorded()))
	if err != nil || stateErr != nil {
		ginkgo.GinkgoWriter.Printf("some evidence is missing: %v %v\n", stateErr, err)
	}
	ginkgo.AddReportEntry("evidence", folder, ginkgo.ReportEntryVisibilityAlways)
}
