package docker

import (
	"errors"
	"fmt"
)

// runtimeLabel is what the OCI runtime is called in the daemon's configuration.
const runtimeLabel = "rackproof"

// spec is the configuration of dockerd, in its own words (dockerd(8), --config-file).
// It stands in place of the machine's, which is not read.
type spec struct {
	Hosts    []string `json:"hosts"`
	Group    string   `json:"group"`
	DataRoot string   `json:"data-root"`
	ExecRoot string   `json:"exec-root"`
	PIDFile  string   `json:"pidfile"`
	// CgroupParent lets what a killed daemon left be found.
	CgroupParent string `json:"cgroup-parent"`
	// ExecOptions choose the plain driver of control groups: there is no systemd in
	// the daemon's namespaces to ask.
	ExecOptions []string `json:"exec-opts"`
	// OOMScoreAdjust is the daemon's own; Docker's default, -500, is refused where the
	// capability to lower it is missing.
	OOMScoreAdjust int                    `json:"oom-score-adjust"`
	Runtimes       map[string]runtimeSpec `json:"runtimes"`
	DefaultRuntime string                 `json:"default-runtime"`
}

type runtimeSpec struct {
	Path string `json:"path"`
}

// newSpec is the configuration for this machine.
func newSpec(s state, options Options) (spec, error) {
	if options.CacheDir == "" {
		return spec{}, errors.New("no cache folder is given for its images")
	}
	limits, err := ownLimits()
	if err != nil {
		return spec{}, fmt.Errorf("find out what this process may do: %w", err)
	}
	return spec{
		Hosts: []string{s.host()}, Group: "root",
		DataRoot: dataRoot(options), ExecRoot: s.path(execFolder), PIDFile: s.path("dockerd.pid"),
		CgroupParent: s.controlGroup(), ExecOptions: []string{"native.cgroupdriver=cgroupfs"},
		OOMScoreAdjust: limits.oomScoreAdj,
		Runtimes:       map[string]runtimeSpec{runtimeLabel: {s.path(runtimeName)}},
		DefaultRuntime: runtimeLabel,
	}, nil
}
