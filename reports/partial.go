package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// partialSuffix ends the name of a file of results that a suite has not finished.
const partialSuffix = ".partial.jsonl"

// PartialPath is the file in a results folder to which a suite writes results while it
// runs.
func PartialPath(folder, suite string) string { return filepath.Join(folder, suite+partialSuffix) }

// Header is the first line of a partial file: what the suite is about to do.
type Header struct {
	// Suite is the suite's name, as in its report.
	Suite string `json:"suite"`
	// Started is the start of the suite. It is not after the start in its report.
	Started time.Time `json:"started"`
	// Seed is Ginkgo's random seed.
	Seed int64 `json:"seed,omitempty"`
	// Specs are the ids of all requirements that the suite is about to test.
	Specs []string `json:"specs"`
	// Environment says where the suite runs, as far as the suite knows at its start. It
	// has what the suite's labels in its report have.
	Environment []string `json:"environment"`
}

// HeaderOf makes the header of a suite from the preview of its specs
// (ginkgo.PreviewSpecs). Specs that a filter leaves out are not in it.
func HeaderOf(suite string, started time.Time, preview types.Report, environment []string) Header {
	header := Header{Suite: suite, Started: started, Seed: preview.SuiteConfig.RandomSeed, Specs: []string{}, Environment: environment}
	for _, spec := range preview.SpecReports {
		id := requirement.ID(spec.Labels())
		if id != "" && !spec.State.Is(types.SpecStateSkipped|types.SpecStatePending) {
			header.Specs = append(header.Specs, id)
		}
	}
	return header
}

// Partial is the file to which a suite writes the results of its specs as they end. It
// is what a report has to say of a suite that is killed. A nil Partial takes all calls
// and writes nothing: a suite without a results folder needs no case of its own.
type Partial struct{ file *os.File }

// NewPartial begins a suite's partial file, in place of the one of an earlier run. Call
// Done when the suite's report is written.
func NewPartial(path string, header Header) (*Partial, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the results folder: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("begin the partial results of suite %s: %w", header.Suite, err)
	}
	p := &Partial{file}
	if err := p.write(header); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// Add writes the result of a spec that has ended.
func (p *Partial) Add(spec types.SpecReport) error {
	if p == nil {
		return nil
	}
	return p.write(spec)
}

// write writes one line. The line is on the disk when write returns: a User-Mode Linux
// that is killed takes its page cache with it.
func (p *Partial) write(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode a partial result: %w", err)
	}
	if _, err := p.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write a partial result: %w", err)
	}
	if err := p.file.Sync(); err != nil {
		return fmt.Errorf("write a partial result to the disk: %w", err)
	}
	return nil
}

// Done removes the file: the suite's report has everything in it.
func (p *Partial) Done() error {
	if p == nil {
		return nil
	}
	if err := errors.Join(p.file.Close(), os.Remove(p.file.Name())); err != nil {
		return fmt.Errorf("remove the partial results: %w", err)
	}
	return nil
}

// readPartial reads the file of a suite that did not end, as a report: specs that ended
// are as they were, and the others are skipped without a reason, so that they count as
// not run. A last line that is cut off is no fault, since its writer was killed.
func readPartial(path string) (types.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return types.Report{}, err
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	var header Header
	if _, err := readLine(lines, &header); err != nil {
		return types.Report{}, fmt.Errorf("read the header in line 1: %w", err)
	}
	if header.Suite == "" {
		return types.Report{}, errors.New("read the header in line 1: it names no suite")
	}
	report := types.Report{
		SuiteDescription: header.Suite, SuiteLabels: header.Environment,
		StartTime: header.Started, EndTime: header.Started,
		SuiteConfig: types.SuiteConfig{RandomSeed: header.Seed},
	}
	for number := 2; ; number++ {
		var spec types.SpecReport
		whole, err := readLine(lines, &spec)
		if errors.Is(err, io.EOF) || (err != nil && !whole) {
			break
		}
		if err != nil {
			return types.Report{}, fmt.Errorf("read the result in line %d: %w", number, err)
		}
		report.SpecReports = append(report.SpecReports, spec)
		if spec.EndTime.After(report.EndTime) {
			report.EndTime = spec.EndTime
		}
	}
	report.RunTime = report.EndTime.Sub(report.StartTime)
	ended := len(report.SpecReports)
	for _, id := range header.Specs {
		if !slices.ContainsFunc(report.SpecReports[:ended], func(s types.SpecReport) bool { return requirement.ID(s.Labels()) == id }) {
			report.SpecReports = append(report.SpecReports, types.SpecReport{
				LeafNodeType: types.NodeTypeIt, LeafNodeText: id, LeafNodeLabels: []string{id}, State: types.SpecStateSkipped,
			})
		}
	}
	return report, nil
}

// readLine decodes a line. whole reports whether the line has its end.
func readLine(lines *bufio.Reader, value any) (whole bool, err error) {
	line, err := lines.ReadBytes('\n')
	whole = err == nil
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return false, err
	case len(bytes.TrimSpace(line)) == 0 && !whole:
		return false, io.EOF
	}
	return whole, json.Unmarshal(line, value)
}
