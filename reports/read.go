package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/onsi/ginkgo/v2/types"
)

// ErrNoReport is the error for a results folder without a report.
var ErrNoReport = errors.New("no report")

// Read reads the reports of a results folder, ordered by file name. A report
// that cannot be read is an error that names the file, never a report left out:
// what is missing may be what failed.
func Read(folder string) ([]types.Report, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("read the results folder: %w: run the suites with -rackproof.results=%s first", err, folder)
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list the reports in %s: %w", folder, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w (*.json) in %s: run the suites with -rackproof.results=%s first", ErrNoReport, folder, folder)
	}
	var all []types.Report
	var damaged []error
	for _, path := range paths {
		found, err := readFile(path)
		if err != nil {
			damaged = append(damaged, fmt.Errorf("report %s is damaged: %w: run its suite again", path, err))
		}
		all = append(all, found...)
	}
	return all, errors.Join(damaged...)
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
