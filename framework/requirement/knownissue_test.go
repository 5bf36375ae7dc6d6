package requirement

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
)

const (
	oneIssue     = "projectcalico/calico#10945"
	anotherIssue = "projectcalico/calico#9152"
)

// knownIssueSpec is a spec as suites have them, and what is to become of it.
type knownIssueSpec struct {
	id    string
	marks []any
	body  any
	state types.SpecState
	// says is part of its failure. shown is part of what its report says was
	// observed; empty: it shows nothing.
	says, shown string
}

// calico is a lab of which the version of Calico alone matters.
type calico string

func (c calico) CalicoVersion() string { return string(c) }

var errNoSwitch = errors.New("no such switch")

func knownIssueSpecs() []knownIssueSpec {
	broken := func(g gomega.Gomega) { g.Expect("withdrawn").To(gomega.Equal("announced"), "the route") }
	kept := func(g gomega.Gomega) { g.Expect(1).To(gomega.Equal(1)) }
	symptom := kept
	old, mended := calico("v3.31.0"), calico("v3.31.1")
	return []knownIssueSpec{
		{
			"KNOW-001", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, old, oneIssue, broken, symptom) },
			types.SpecStatePassed, "", "the route",
		},
		{
			"KNOW-002", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, old, oneIssue, kept, symptom) },
			types.SpecStateFailed, oneIssue + " seems to be fixed: KNOW-002 passes; remove the mark", "",
		},
		{
			"KNOW-003", nil, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, old, oneIssue, broken, symptom) },
			types.SpecStateFailed, "is not marked with it", "",
		},
		{
			"KNOW-004", []any{Known(anotherIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, old, oneIssue, broken, symptom) },
			types.SpecStateFailed, "is not marked with it", "",
		},
		{
			"KNOW-005", []any{Known(oneIssue)}, func(ginkgo.SpecContext) {},
			types.SpecStateFailed, "KNOW-005 is marked with a known issue and has not shown it", "",
		},
		{
			"KNOW-006", []any{Known(oneIssue)}, func() {},
			types.SpecStateFailed, "has not shown it", "",
		},
		{
			"KNOW-007", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, old, "projectcalico/calico#1", broken, symptom) },
			types.SpecStateFailed, "projectcalico/calico#1 is no known issue", "",
		},
		{
			"KNOW-008", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, broken, symptom)
				KnownIssue(ctx, old, oneIssue, broken, symptom)
			},
			types.SpecStateFailed, "has shown " + oneIssue + " already", "the route",
		},
		{
			"KNOW-009", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, func(gomega.Gomega) { gomega.Expect(1).To(gomega.Equal(2), "the spec's own") }, symptom)
			},
			types.SpecStateFailed, "the spec's own", "",
		},
		{
			"KNOW-010", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, func(gomega.Gomega) { panic("a mistake") }, symptom)
			},
			types.SpecStatePanicked, "", "",
		},
		{
			"KNOW-011", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, func(gomega.Gomega) { ginkgo.Skip("unable: no such switch") }, symptom)
			},
			types.SpecStateSkipped, "unable: no such switch", "",
		},
		{
			"KNOW-012", []any{Known(oneIssue), ginkgo.SpecTimeout(50 * time.Millisecond)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, func(g gomega.Gomega) {
					g.Eventually(func() int { return 1 }).WithContext(ctx).Should(gomega.Equal(2))
				}, symptom)
			},
			types.SpecStateTimedout, "", "",
		},
		{
			// A lab that is unable shows no issue.
			"KNOW-014", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, func(g gomega.Gomega) { g.Expect(MarkUnable(errNoSwitch)).To(gomega.BeEmpty()) }, symptom)
			},
			types.SpecStateSkipped, "no such switch", "",
		},
		{
			"KNOW-015", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) {
				KnownIssue(ctx, old, oneIssue, broken, func(g gomega.Gomega) { g.Expect("elsewhere").To(gomega.Equal("nowhere"), "the symptom") })
			},
			types.SpecStateFailed, "is broken otherwise than " + oneIssue, "",
		},
		{
			"KNOW-016", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, mended, oneIssue, broken, symptom) },
			types.SpecStateFailed, "the route", "",
		},
		{
			"KNOW-017", []any{Known(oneIssue)}, func(ctx ginkgo.SpecContext) { KnownIssue(ctx, mended, oneIssue, kept, symptom) },
			types.SpecStatePassed, "", "",
		},
		{
			"KNOW-013", nil, func() {},
			types.SpecStatePassed, "", "",
		},
	}
}

// reportVariable names the file for the report of the specs, for which this test
// runs its own program once more: a process runs one suite of Ginkgo's, and some of
// these specs are to fail.
const reportVariable = "RACKPROOF_TEST_REPORT"

func TestKnownIssue(t *testing.T) {
	if path := os.Getenv(reportVariable); path != "" {
		runSpecs(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "report.json")
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKnownIssue$")
	command.Env = append(os.Environ(), reportVariable+"="+path)
	output, _ := command.CombinedOutput() // it fails, as specs of it do
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the specs left no report: %v\n%s", err, output)
	}
	var found []types.Report
	if err := json.Unmarshal(data, &found); err != nil {
		t.Fatal(err)
	}
	for _, want := range knownIssueSpecs() {
		t.Run(want.id, func(t *testing.T) {
			got := reportOf(t, found, want.id)
			if got.State != want.state || !strings.Contains(got.Failure.Message, want.says) {
				t.Errorf("got %s: %q; want %s, saying %q", got.State, got.Failure.Message, want.state, want.says)
			}
			var observed Observation
			for _, entry := range got.ReportEntries {
				if entry.Name != KnownIssueEntry {
					continue
				}
				if err := json.Unmarshal([]byte(entry.Value.AsJSON), &observed); err != nil {
					t.Fatal(err)
				}
			}
			if want.shown == "" && observed != (Observation{}) {
				t.Errorf("it shows %+v and should show nothing", observed)
			}
			if want.shown != "" && (observed.Number != oneIssue || observed.Summary == "" || !strings.Contains(observed.Observed, want.shown)) {
				t.Errorf("it shows %+v, want %s with %q", observed, oneIssue, want.shown)
			}
		})
	}
}

func runSpecs(t *testing.T, path string) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	for _, s := range knownIssueSpecs() {
		Requirement(s.id, "it MUST work", append(s.marks, s.body)...)
	}
	ginkgo.ReportAfterSuite("report", func(report ginkgo.Report) {
		if err := reporters.GenerateJSONReport(report, path); err != nil {
			t.Fatal(err)
		}
	})
	ginkgo.RunSpecs(t, "known issues")
}

func reportOf(t *testing.T, found []types.Report, id string) types.SpecReport {
	t.Helper()
	for _, report := range found {
		for _, s := range report.SpecReports {
			if ID(s.Labels()) == id {
				return s
			}
		}
	}
	t.Fatalf("there is no report of %s", id)
	return types.SpecReport{}
}

func TestAPromiseIsWaitedForSoLong(t *testing.T) {
	const timeout = 20 * time.Millisecond
	began := time.Now()
	message, failed := hold(timeout, func(g gomega.Gomega) {
		g.Eventually(func() bool { return false }).WithContext(t.Context()).Should(gomega.BeTrue())
	})
	if took := time.Since(began); !failed || took < timeout || took > KnownIssueTimeout {
		t.Errorf("the promise failed: %t, after %s, with %q; want it to fail after %s", failed, took, message, timeout)
	}
}

func TestAPromiseThatIsKeptForAMomentIsBroken(t *testing.T) {
	looks := 0
	message, failed := holdFor(t.Context(), KnownIssueTimeout, func(g gomega.Gomega) {
		looks++
		g.Expect(looks).To(gomega.BeNumerically("<", 3), "looks")
	})
	if !failed || looks != 3 {
		t.Errorf("the promise failed: %t, at look %d, with %q; want it to fail at the third", failed, looks, message)
	}
}

func TestAPromiseThatStaysKeptIsKept(t *testing.T) {
	looks := 0
	if message, failed := holdFor(t.Context(), 250*time.Millisecond, func(gomega.Gomega) { looks++ }); failed || looks < 2 {
		t.Errorf("the promise failed: %t, with %q, after %d looks; want it kept, at more than one look", failed, message, looks)
	}
}
