package suite

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// logWatch reads on in the logs of a lab's components and finds what must not stand there.
type logWatch struct {
	mu      sync.Mutex
	offsets map[componentKey]int64
}

// begin skips what stands in the logs now, which belongs to the lab's start.
func (w *logWatch) begin(ctx context.Context, l lab.Lab) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offsets = map[componentKey]int64{}
	return w.read(ctx, l, func(componentKey, string) {})
}

// complaintsShown bounds how many lines are shown of each log.
const complaintsShown = 5

// complaints returns the lines that must not be there and have come since the last look.
func (w *logWatch) complaints(ctx context.Context, l lab.Lab) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := map[componentKey][]string{}
	err := w.read(ctx, l, func(key componentKey, line string) {
		if complains(key.name, line) {
			found[key] = append(found[key], line)
		}
	})
	var lines []string
	for key, list := range found {
		more := ""
		if len(list) > complaintsShown {
			more = fmt.Sprintf("\n    … and %d more", len(list)-complaintsShown)
			list = list[:complaintsShown]
		}
		lines = append(lines, fmt.Sprintf("%s logs:\n    %s%s", key, strings.Join(list, "\n    "), more))
	}
	slices.Sort(lines)
	if err != nil {
		lines = append(lines, fmt.Sprintf("logs cannot be read: %v", err))
	}
	return strings.Join(lines, "\n")
}

// read gives every line that is new to visit.
func (w *logWatch) read(ctx context.Context, l lab.Lab, visit func(componentKey, string)) error {
	follower, err := lab.LogFollowerOf(l)
	if errors.Is(err, lab.ErrUnable) {
		return nil // the environment in the report says what is not watched
	}
	for _, host := range append(topology.Names(l.Topology().Hosts), lab.ControlHost, lab.OwnHost) {
		components, err := follower.Logged(ctx, host)
		if errors.Is(err, lab.ErrNoLogs) {
			continue
		}
		if err != nil {
			return err
		}
		for _, component := range components {
			key := componentKey{host, component}
			text, offset, err := follower.LogSince(ctx, host, component, w.offsets[key])
			if err != nil {
				return err
			}
			w.offsets[key] = offset
			for line := range strings.Lines(string(text)) {
				visit(key, strings.TrimRight(line, "\n"))
			}
		}
	}
	return nil
}

// alarm matches lines that no component writes in good order: crashes of Go programs,
// errors of Calico's programs, of BIRD, and failed assertions of FRR.
var alarm = regexp.MustCompile(`^panic: |^fatal error: |^goroutine \d+ \[running\]|SIGSEGV|\[(ERROR|FATAL|PANIC)\]|<(ERR|FATAL|BUG)>|[Aa]ssertion .*failed|core_handler|http: panic serving|Observed a panic`)

// complains reports whether a line of a component's log must not be there.
func complains(component, line string) bool {
	if !alarm.MatchString(line) {
		return false
	}
	return !slices.ContainsFunc(expectedErrors(), func(e expectedError) bool {
		return (e.component == "" || e.component == component) && strings.Contains(line, e.contains)
	})
}
