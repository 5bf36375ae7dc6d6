package suite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
)

// keepEvidence writes what the lab looks like at the moment of a failure.
func (l *Lab) keepEvidence(ctx context.Context) {
	if told := l.suite.stalls.since(ginkgo.CurrentSpecReport().StartTime); told != "" {
		ginkgo.AddReportEntry("the machine stood still", told, ginkgo.ReportEntryVisibilityAlways)
	}
	if l.Lab == nil {
		return // the lab did not come up; its error says why
	}
	folder := l.suite.evidenceFolder(requirement.ID(ginkgo.CurrentSpecReport().Labels()))
	state, stateErr := l.State(ctx)
	err := observe.Evidence(ctx, l.Lab, state, folder)
	err = errors.Join(err, os.WriteFile(filepath.Join(folder, "route-changes.txt"), []byte(l.routeLog.String()), 0o644))
	if err != nil || stateErr != nil {
		ginkgo.GinkgoWriter.Printf("some evidence is missing: %v %v\n", stateErr, err)
	}
	ginkgo.AddReportEntry("evidence", folder, ginkgo.ReportEntryVisibilityAlways)
}
