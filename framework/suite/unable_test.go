package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/reports"
)

// unableVariable names the file for the report of the specs below.
const unableVariable = "RACKPROOF_TEST_UNABLE"

var errNoLinks = fmt.Errorf("cut a link of lab rack: %w", lab.ErrUnable)

// declareUnable declares specs that meet lab.ErrUnable in every place: UNA-001 to UNA-009.
// The others fail, FAI-001 with a clean-up that is unable.
func declareUnable() {
	spec := func(id string, body func(ginkgo.SpecContext)) { requirement.Requirement(id, "it MUST work", body) }
	spec("UNA-001", func(ginkgo.SpecContext) { gomega.Expect(errNoLinks).NotTo(gomega.HaveOccurred()) })
	spec("UNA-002", func(ginkgo.SpecContext) { gomega.Expect(errNoLinks).To(gomega.Succeed()) })
	spec("UNA-003", func(ginkgo.SpecContext) {
		gomega.Expect(func() (int, error) { return 1, errNoLinks }()).To(gomega.Equal(1))
	})
	spec("UNA-004", func(ctx ginkgo.SpecContext) {
		poll := func() (int, error) { return 1, errNoLinks }
		gomega.Eventually(poll).WithContext(ctx).WithTimeout(time.Millisecond).Should(gomega.Equal(1))
	})
	spec("UNA-005", func(ctx ginkgo.SpecContext) {
		poll := func(g gomega.Gomega) { g.Expect(errNoLinks).NotTo(gomega.HaveOccurred()) }
		gomega.Eventually(poll).WithContext(ctx).WithTimeout(time.Millisecond).Should(gomega.Succeed())
	})
	spec("UNA-006", func(ginkgo.SpecContext) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer ginkgo.GinkgoRecover()
			gomega.Expect(errNoLinks).NotTo(gomega.HaveOccurred())
		}()
		<-done
	})
	spec("UNA-007", func(ginkgo.SpecContext) {
		ginkgo.DeferCleanup(func() { gomega.Expect(errNoLinks).NotTo(gomega.HaveOccurred()) })
	})
	ginkgo.Context("set-up", ginkgo.Ordered, func() {
		ginkgo.BeforeAll(func() { gomega.Expect(errNoLinks).NotTo(gomega.HaveOccurred()) })
		spec("UNA-008", func(ginkgo.SpecContext) {})
		spec("UNA-009", func(ginkgo.SpecContext) {})
	})
	spec("FAI-001", func(ginkgo.SpecContext) {
		ginkgo.DeferCleanup(func() { gomega.Expect(errNoLinks).NotTo(gomega.HaveOccurred()) })
		gomega.Expect(1).To(gomega.Equal(2))
	})
	spec("FAI-002", func(ginkgo.SpecContext) { gomega.Expect(errors.New("unable")).NotTo(gomega.HaveOccurred()) })
	spec("FAI-003", func(ginkgo.SpecContext) { requirement.Using(requirement.CutLinks) })
}

func TestUnableWhereverItAppears(t *testing.T) {
	if path := os.Getenv(unableVariable); path != "" {
		runUnable(t, path)
		return
	}
	data, _, _ := rerun(t, unableVariable) // it fails, as specs of it do
	var found []types.Report
	if err := json.Unmarshal(data, &found); err != nil {
		t.Fatal(err)
	}
	summary := reports.Summarise(reports.Run{Reports: []reports.Report{{Report: found[0]}}}).Suites[0]
	ids := func(specs []reports.Spec) (ids []string) {
		for _, spec := range specs {
			ids = append(ids, spec.ID)
		}
		slices.Sort(ids)
		return ids
	}
	want := []string{"UNA-001", "UNA-002", "UNA-003", "UNA-004", "UNA-005", "UNA-006", "UNA-007", "UNA-008", "UNA-009"}
	if got := ids(summary.Unable); !slices.Equal(got, want) {
		t.Errorf("unable are %q, want %q", got, want)
	}
	if got, want := ids(summary.Failed), []string{"FAI-001", "FAI-002", "FAI-003"}; !slices.Equal(got, want) {
		t.Errorf("failed are %q, want %q", got, want)
	}
}

func runUnable(t *testing.T, path string) {
	gomega.RegisterFailHandler((&Suite{}).fail)
	format.RegisterCustomFormatter(markUnable)
	declareUnable()
	ginkgo.ReportAfterSuite("report", func(report ginkgo.Report) {
		if err := reporters.GenerateJSONReport(report, path); err != nil {
			t.Fatal(err)
		}
	})
	ginkgo.RunSpecs(t, "unable")
}
