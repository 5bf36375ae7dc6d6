package docker

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/capability"
)

// limits are what a process may give to the containers that it starts.
type limits struct {
	capabilities capability.Capabilities
	// oomScoreAdj is the lowest value that it may give without CAP_SYS_RESOURCE.
	oomScoreAdj int
}

// ownLimits are those of this process.
func ownLimits() (limits, error) {
	capabilities, err := capability.NewPid2(0)
	if err != nil {
		return limits{}, err
	}
	if err := capabilities.Load(); err != nil {
		return limits{}, err
	}
	adj, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return limits{}, err
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(adj)))
	if err != nil {
		return limits{}, fmt.Errorf("read oom_score_adj: %w", err)
	}
	return limits{capabilities, score}, nil
}

// has reports whether the bounding set has a capability.
func (l limits) has(c capability.Cap) bool { return l.capabilities.Get(capability.BOUNDING, c) }

// lacking reports whether what Docker gives to privileged containers would be refused:
// a capability that it knows of is missing, of which CAP_SYS_RESOURCE, by which
// resource limits are raised, is the one that hardened machines lack.
func (l limits) lacking() bool { return len(l.missing()) > 0 }

// missing are the names of the capabilities that the bounding set lacks, of those that
// all kernels from 5.9 on have.
func (l limits) missing() []string {
	var names []string
	for _, c := range capability.ListKnown() {
		if !l.has(c) {
			names = append(names, "CAP_"+strings.ToUpper(c.String()))
		}
	}
	return names
}
