package soak

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// overtime is what a suite gets beyond its timeout to write what it has and to take
	// its labs down.
	overtime = 2 * time.Minute
	// outputSuffix ends the name of the file that has what a suite printed.
	outputSuffix = ".output.txt"
)

// Plan is how rounds are run.
type Plan struct {
	Suites []Suite
	// Arguments are more flags of all suites.
	Arguments []string
	// Parallel is how many suites run side by side.
	Parallel int
	// Timeout bounds one suite (go test -timeout).
	Timeout time.Duration
	// Disturb runs a hog of the processors beside the suites.
	Disturb bool
	// Ended is called for each suite that has ended, one at a time.
	Ended func(Ended)
}

// Ended is one suite that has ended.
type Ended struct {
	Name string
	Took time.Duration
	// CPU is the processor time of the suite with its labs.
	CPU        time.Duration
	Accounting Accounting
	// Status is the test program's exit status; -1 stands for a signal.
	Status int
	// Output is the file that has what the suite printed.
	Output string
	// Cut marks a suite that was interrupted with the round. Its results are not whole.
	Cut bool
}

// Measured is what a round took.
type Measured struct {
	Started time.Time
	Took    time.Duration
	// Suites are those that were begun, by name.
	Suites []Ended
	// Hog is the processor time of the hog.
	Hog time.Duration
}

// Round runs all suites once and lets them write their results to a folder. The seed
// gives the order of the suites and of their specs. Red suites are no error. When ctx is
// done, the running suites are interrupted, and take their labs down.
func (p Plan) Round(ctx context.Context, folder string, seed int64) (Measured, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Measured{}, fmt.Errorf("make the folder of a round: %w", err)
	}
	if !p.Disturb {
		return p.run(ctx, folder, seed)
	}
	// All suites, one after the other, are the longest that a round can take.
	h, err := startHog(time.Duration(len(p.Suites)) * (p.Timeout + 2*overtime))
	if err != nil {
		return Measured{}, err
	}
	measured, err := p.run(ctx, folder, seed)
	measured.Hog = h.stop()
	return measured, err
}

// run runs the suites of a round, Parallel of them side by side.
func (p Plan) run(ctx context.Context, folder string, seed int64) (Measured, error) {
	measured := Measured{Started: time.Now()}
	order := slices.Clone(p.Suites)
	rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	next := make(chan Suite)
	var mu sync.Mutex
	var faults []error
	var workers sync.WaitGroup
	for range max(1, p.Parallel) {
		workers.Go(func() {
			for s := range next {
				ended, err := p.runSuite(ctx, s, folder, seed)
				mu.Lock()
				if err != nil {
					faults = append(faults, err)
				} else {
					measured.Suites = append(measured.Suites, ended)
					if p.Ended != nil {
						p.Ended(ended)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range order {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- s:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	measured.Took = time.Since(measured.Started)
	slices.SortFunc(measured.Suites, func(a, b Ended) int { return cmp.Compare(a.Name, b.Name) })
	return measured, errors.Join(faults...)
}

// runSuite runs one suite.
func (p Plan) runSuite(ctx context.Context, s Suite, folder string, seed int64) (Ended, error) {
	// The kernel watches the thread that starts the program, which therefore stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	output, err := os.Create(filepath.Join(folder, s.Name+outputSuffix))
	if err != nil {
		return Ended{}, fmt.Errorf("run suite %s: %w", s.Name, err)
	}
	limit, done := context.WithTimeout(ctx, p.Timeout+overtime)
	defer done()
	command := func(a *account) *exec.Cmd {
		arguments := append([]string{
			"-test.paniconexit0", "-test.timeout=" + p.Timeout.String(),
			"-ginkgo.randomize-all", fmt.Sprintf("-ginkgo.seed=%d", seed), "-rackproof.results=" + folder,
		}, p.Arguments...)
		cmd := exec.CommandContext(limit, s.Program, arguments...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = s.Folder, output, output
		// A terminal's interrupt does not reach a group of its own, so that the suite gets
		// one and not two: Ginkgo takes the second one as an order to skip clean-up.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = overtime
		if a != nil {
			cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(a.folder.Fd())
		}
		return cmd
	}
	ended := Ended{Name: s.Name, Output: output.Name(), Accounting: ByRusage}
	began := time.Now()
	a, err := openAccount(s.Name)
	if err != nil {
		a = nil // rusage is there everywhere
	}
	cmd := command(a)
	err = cmd.Start()
	if err != nil && a != nil {
		// A kernel or sandbox that starts nothing in another cgroup.
		err = a.close()
		a = nil
		cmd = command(nil)
		err = errors.Join(err, cmd.Start())
	}
	if err != nil {
		return Ended{}, fmt.Errorf("run suite %s: %w", s.Name, errors.Join(err, output.Close()))
	}
	_ = cmd.Wait() // the exit status tells
	ended.Took, ended.Status, ended.Cut = time.Since(began), cmd.ProcessState.ExitCode(), ctx.Err() != nil
	ended.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	err = output.Close()
	if a != nil {
		used, usedErr := a.used()
		ended.CPU, ended.Accounting = used, ByCgroup
		err = errors.Join(err, usedErr, a.close())
	}
	if err != nil {
		return Ended{}, fmt.Errorf("run suite %s: %w", s.Name, err)
	}
	return ended, nil
}
