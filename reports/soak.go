package reports

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/spread"
)

// SoakFile is the name of the file that has a soak's table in its folder.
const SoakFile = "soak.json"

// soakFormat is in the file, so that no other JSON is taken for one.
const soakFormat = "rackproof soak 1"

// Soak is the table of many rounds of the same suites: how often each requirement got
// which verdict, and how long it took.
type Soak struct {
	Format     string         `json:"format"`
	Conditions SoakConditions `json:"conditions"`
	Rounds     []SoakRound    `json:"rounds"`
	Rows       []SoakRow      `json:"rows"`
}

// SoakConditions are what all rounds of a table have in common.
type SoakConditions struct {
	// Arguments are more flags of the suites.
	Arguments []string `json:"arguments,omitempty"`
	// Parallel is how many suites run side by side.
	Parallel int `json:"parallel"`
	// Disturbance says what runs beside the suites; it is empty for nothing.
	Disturbance string `json:"disturbance,omitempty"`
}

// SoakRound is one round of the suites. Times are in seconds.
type SoakRound struct {
	Number int `json:"number"`
	// Commit is that of the sources; a plus sign marks sources that were changed.
	Commit string `json:"commit"`
	// Machine names the processors and the kernel.
	Machine string `json:"machine"`
	// Seed is Ginkgo's random seed in all suites: it gives the order of the specs.
	Seed    int64     `json:"seed"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// CPUSeconds are the processor time of the suites with their labs; Accounting says
	// how it was measured.
	CPUSeconds float64 `json:"cpuSeconds"`
	Accounting string  `json:"accounting"`
	// DisturbanceCPUSeconds are the processor time of what ran beside.
	DisturbanceCPUSeconds float64 `json:"disturbanceCPUSeconds,omitempty"`
	// Interrupted marks a round in which not all suites ended. Those that did not are
	// not in the table.
	Interrupted bool `json:"interrupted,omitempty"`
	// Outcome and Verdict are those of the round's summary.
	Outcome Outcome     `json:"outcome"`
	Verdict string      `json:"verdict"`
	Faults  []string    `json:"faults,omitempty"`
	Suites  []SoakSuite `json:"suites"`
}

// SoakSuite is one suite in a round.
type SoakSuite struct {
	Name       string  `json:"name"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpuSeconds"`
	// Status is the exit status of the test program.
	Status int `json:"status"`
}

// SoakRow is one requirement in all rounds, or a baseline, set-up or clean-up that went
// wrong at least once.
type SoakRow struct {
	Suite string `json:"suite"`
	ID    string `json:"id,omitempty"`
	Must  string `json:"must"`
	// Verdicts counts the rounds by verdict.
	Verdicts map[requirement.Verdict]int `json:"verdicts"`
	// Seconds are the times of the rounds in which the spec ran.
	Seconds spread.Spread `json:"seconds"`
	Runs    []SoakRun     `json:"runs"`
}

// SoakRun is one requirement in one round.
type SoakRun struct {
	Round   int                 `json:"round"`
	Verdict requirement.Verdict `json:"verdict"`
	Seconds float64             `json:"seconds"`
	// Reason says why the verdict is not a pass.
	Reason string `json:"reason,omitempty"`
}

// NewSoak makes an empty table.
func NewSoak(conditions SoakConditions) *Soak {
	return &Soak{Format: soakFormat, Conditions: conditions, Rounds: []SoakRound{}, Rows: []SoakRow{}}
}

// ReadSoak reads a table.
func ReadSoak(path string) (*Soak, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the table of a soak: %w", err)
	}
	var s Soak
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read the table of a soak: %s is damaged: %w", path, err)
	}
	if s.Format != soakFormat {
		return nil, fmt.Errorf("read the table of a soak: %s has no table of `rackproof soak` (format %q, want %q)", path, s.Format, soakFormat)
	}
	return &s, nil
}

// Write writes the table to a file, in place of what it had. A reader never sees half of it.
func (s *Soak) Write(path string) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("encode the table of a soak: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return fmt.Errorf("write the table of a soak: %w", err)
	}
	_, err = fresh.Write(append(data, '\n'))
	if err = errors.Join(err, fresh.Chmod(0o644), fresh.Sync(), fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the table of a soak: %w", errors.Join(err, os.Remove(fresh.Name())))
	}
	return nil
}

// CheckSame refuses to add rounds under other conditions: their times and verdicts do not
// belong into one table.
func (c SoakConditions) CheckSame(other SoakConditions) error {
	switch {
	case !slices.Equal(c.Arguments, other.Arguments):
		return fmt.Errorf("the table has rounds with the suites' flags %q, not %q", c.Arguments, other.Arguments)
	case c.Disturbance != other.Disturbance:
		return fmt.Errorf("the table has rounds beside %s, not beside %s", cmp.Or(c.Disturbance, "nothing"), cmp.Or(other.Disturbance, "nothing"))
	case c.Parallel != other.Parallel:
		return fmt.Errorf("the table has rounds with %d suites side by side, not %d", c.Parallel, other.Parallel)
	}
	return nil
}

// Commits are the commits that the rounds are of, in the order in which they came.
func (s *Soak) Commits() []string {
	var commits []string
	for _, round := range s.Rounds {
		if !slices.Contains(commits, round.Commit) {
			commits = append(commits, round.Commit)
		}
	}
	return commits
}

// NextNumber is the number of the round to come.
func (s *Soak) NextNumber() int {
	number := 1
	for _, round := range s.Rounds {
		number = max(number, round.Number+1)
	}
	return number
}

// Add adds a round with the reports of its suites. It gives the round its verdict.
func (s *Soak) Add(round SoakRound, run Run) {
	summary := Summarise(run)
	round.Outcome, round.Verdict, round.Faults = summary.Outcome(), summary.Verdict(), run.allFaults()
	s.Rounds = append(s.Rounds, round)
	for _, report := range run.Reports {
		for _, spec := range report.SpecReports {
			s.addSpec(round.Number, report.SuiteDescription, spec)
		}
	}
	for i := range s.Rows {
		s.Rows[i].sum()
	}
	slices.SortStableFunc(s.Rows, func(a, b SoakRow) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Must, b.Must))
	})
}

// addSpec adds what a spec came to in a round.
func (s *Soak) addSpec(number int, suite string, spec types.SpecReport) {
	ruling := judge(spec)
	if !isRequirement(spec) && (ruling.Verdict == requirement.Pass || ruling.Verdict == requirement.NotRun) {
		return
	}
	shown := summariseSpec(spec)
	if observation, ok := observationOf(spec); ok && ruling.Verdict == requirement.KnownBroken {
		ruling.Reason = observation.Number
	}
	run := SoakRun{Round: number, Verdict: ruling.Verdict, Seconds: spec.RunTime.Seconds(), Reason: firstLines(ruling.Reason)}
	if ruling.Invariant != "" {
		run.Reason = ruling.Invariant + ": " + run.Reason
	}
	i := slices.IndexFunc(s.Rows, func(r SoakRow) bool {
		return r.Suite == suite && r.ID == shown.ID && (r.ID != "" || r.Must == shown.Must)
	})
	if i < 0 {
		i = len(s.Rows)
		s.Rows = append(s.Rows, SoakRow{Suite: suite, ID: shown.ID})
	}
	row := &s.Rows[i]
	// The results of a spec that was not reached have no sentence.
	if row.Must == "" || row.Must == row.ID {
		row.Must = shown.Must
	}
	if last := len(row.Runs) - 1; last >= 0 && row.Runs[last].Round == number {
		if worse(run.Verdict, row.Runs[last].Verdict) {
			row.Runs[last] = run
		}
		return
	}
	row.Runs = append(row.Runs, run)
}

// sum counts a row's runs.
func (r *SoakRow) sum() {
	r.Verdicts = map[requirement.Verdict]int{}
	var times []float64
	for _, run := range r.Runs {
		r.Verdicts[run.Verdict]++
		if run.Verdict != requirement.NotRun {
			times = append(times, run.Seconds)
		}
	}
	r.Seconds = spread.Of(times)
}

// ran reports whether the requirement was reached in any round. One that never was has
// been filtered out.
func (r SoakRow) ran() bool { return r.Verdicts[requirement.NotRun] < len(r.Runs) }

// Outcome is the worst outcome of the rounds. A table without a round proves nothing.
func (s *Soak) Outcome() Outcome {
	if len(s.Rounds) == 0 {
		return NotProven
	}
	worst := Passed
	for _, round := range s.Rounds {
		worst = max(worst, round.Outcome)
	}
	return worst
}

// Verdicts are the worst verdicts of all rounds.
func (s *Soak) Verdicts() Verdicts {
	v := Verdicts{suites: map[string]map[string]judgement{}}
	for _, round := range s.Rounds {
		for _, fault := range round.Faults {
			v.faults = append(v.faults, fmt.Sprintf("round %d: %s", round.Number, fault))
		}
	}
	for _, row := range s.Rows {
		if row.ID == "" {
			continue
		}
		of := v.suites[row.Suite]
		if of == nil {
			of = map[string]judgement{}
			v.suites[row.Suite] = of
		}
		worst := requirement.NotRun
		for verdict := range row.Verdicts {
			if worse(verdict, worst) {
				worst = verdict
			}
		}
		of[row.ID] = judgement{worst, row.Must, fmt.Sprintf("%d of %s", row.Verdicts[worst], plural(len(row.Runs), "round"))}
	}
	return v
}

// ReadVerdicts reads the verdicts of a run: of a results folder, of the table of a soak,
// or of the folder that has one.
func ReadVerdicts(path string) (Verdicts, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		table := filepath.Join(path, SoakFile)
		if _, err := os.Stat(table); err != nil {
			run, err := Read(path)
			if err != nil {
				return Verdicts{}, err
			}
			return run.Verdicts(), nil
		}
		path = table
	}
	if err != nil {
		return Verdicts{}, fmt.Errorf("read the verdicts of a run: %w (name a results folder or a soak's table)", err)
	}
	s, err := ReadSoak(path)
	if err != nil {
		return Verdicts{}, err
	}
	return s.Verdicts(), nil
}
