package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

// ErrNoReport is the error for a results folder without a report.
var ErrNoReport = errors.New("no report")

const (
	jsonSuffix  = ".json"
	junitSuffix = ".junit.xml"
)

// Run is what a results folder has.
type Run struct {
	Reports []Report
	// Faults say which reports are damaged or missing. Their content is unknown, so
	// that a run with a fault is not green.
	Faults []string
	// Notes say what else a reader should know, such as copies that do not count.
	Notes []string
}

// Report is a suite's report.
type Report struct {
	types.Report
	// Unfinished marks the results of a suite that did not end: it was killed, ran into
	// its timeout, or still runs.
	Unfinished bool
}

// Read reads the reports of a results folder, ordered by file name. A report that is
// damaged or missing is a fault of the run that names the file: what it would say may be
// what failed. A folder that does not exist or has no trace of a suite is an error.
func Read(folder string) (Run, error) {
	if _, err := os.Stat(folder); err != nil {
		return Run{}, fmt.Errorf("read the results folder: %w (run the suites with -rackproof.results=%s first)", err, folder)
	}
	if _, err := os.Stat(filepath.Join(folder, SoakFile)); err == nil {
		return Run{}, fmt.Errorf("read the results folder: %s has the table of a soak (use `rackproof report soak`, or name the folder of one round)", folder)
	}
	var run Run
	named := map[string]bool{}
	if err := run.readReports(folder, named); err != nil {
		return Run{}, err
	}
	if err := run.readPartials(folder, named); err != nil {
		return Run{}, err
	}
	if err := run.findMissing(folder, named); err != nil {
		return Run{}, err
	}
	if len(run.Reports) == 0 && len(run.Faults) == 0 {
		return Run{}, fmt.Errorf("%w (*%s) in %s: run the suites with -rackproof.results=%s first", ErrNoReport, jsonSuffix, folder, folder)
	}
	return run, nil
}

// runID tells runs of a suite apart.
type runID struct {
	suite   string
	started time.Time
	seed    int64
}

// readReports reads the reports of suites that ended. named gets the suites that have
// a file.
func (r *Run) readReports(folder string, named map[string]bool) error {
	paths, err := list(folder, "*"+jsonSuffix)
	if err != nil {
		return err
	}
	first := map[runID]string{}
	for _, path := range paths {
		named[strings.TrimSuffix(filepath.Base(path), jsonSuffix)] = true
		found, err := readFile(path)
		if err != nil {
			r.Faults = append(r.Faults, fmt.Sprintf("report %s is damaged: %v (run its suite again)", path, err))
			continue
		}
		for _, report := range found {
			id := runID{report.SuiteDescription, report.StartTime.UTC().Round(0), report.SuiteConfig.RandomSeed}
			if original, copied := first[id]; copied {
				r.Notes = append(r.Notes, fmt.Sprintf("report %s of suite %s is a copy of %s and does not count again", path, id.suite, original))
				continue
			}
			first[id] = path
			r.Reports = append(r.Reports, Report{Report: report})
		}
	}
	return nil
}

// readPartials reads what suites that did not end have left.
func (r *Run) readPartials(folder string, named map[string]bool) error {
	paths, err := list(folder, "*"+partialSuffix)
	if err != nil {
		return err
	}
	for _, path := range paths {
		named[strings.TrimSuffix(filepath.Base(path), partialSuffix)] = true
		report, err := readPartial(path)
		if err != nil {
			r.Faults = append(r.Faults, fmt.Sprintf("partial results %s are damaged: %v (run its suite again)", path, err))
			continue
		}
		// A suite that is killed after it has written its report leaves both.
		if slices.ContainsFunc(r.Reports, func(whole Report) bool {
			return whole.SuiteDescription == report.SuiteDescription && !whole.StartTime.Before(report.StartTime)
		}) {
			continue
		}
		r.Reports = append(r.Reports, Report{Report: report, Unfinished: true})
	}
	return nil
}

// findMissing finds suites that have left something else than a report.
func (r *Run) findMissing(folder string, named map[string]bool) error {
	for _, trace := range []struct{ pattern, suffix string }{{"*" + junitSuffix, junitSuffix}, {"evidence/*", ""}} {
		paths, err := list(folder, trace.pattern)
		if err != nil {
			return err
		}
		for _, path := range paths {
			suite := strings.TrimSuffix(filepath.Base(path), trace.suffix)
			if named[suite] {
				continue
			}
			named[suite] = true
			r.Faults = append(r.Faults, fmt.Sprintf("report %s is missing beside %s (run suite %s again)", filepath.Join(folder, suite+jsonSuffix), path, suite))
		}
	}
	return nil
}

// list lists files. The folder's own name is no pattern.
func list(folder, pattern string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(folder), pattern)
	if err != nil {
		return nil, fmt.Errorf("list %s in %s: %w", pattern, folder, err)
	}
	for i, name := range names {
		names[i] = filepath.Join(folder, name)
	}
	return names, nil
}

// readFile reads one report file: a list of reports, most often of one.
func readFile(path string) ([]types.Report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []types.Report
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("it has no suite")
	}
	for _, report := range found {
		if report.SuiteDescription == "" {
			return nil, errors.New("it is not a report of Ginkgo's: a suite has no description")
		}
	}
	return found, nil
}
