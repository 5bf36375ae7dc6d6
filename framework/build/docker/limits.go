package docker

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// limits are what a process may give to the containers that it starts.
type limits struct {
	// bounding is the capability bounding set, a bit for each number.
	bounding uint64
	// oomScoreAdj is the lowest value that it may give without CAP_SYS_RESOURCE.
	oomScoreAdj int
}

// ownLimits are those of this process.
func ownLimits() (limits, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return limits{}, err
	}
	adj, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return limits{}, err
	}
	return parseLimits(string(status), string(adj))
}

func parseLimits(status, oomScoreAdj string) (limits, error) {
	var l limits
	var err error
	if l.oomScoreAdj, err = strconv.Atoi(strings.TrimSpace(oomScoreAdj)); err != nil {
		return limits{}, fmt.Errorf("read oom_score_adj: %w", err)
	}
	for line := range strings.Lines(status) {
		if mask, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			l.bounding, err = strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return l, err
		}
	}
	return limits{}, fmt.Errorf("/proc/self/status has no CapBnd")
}

// has reports whether the bounding set has a capability.
func (l limits) has(capability int) bool { return l.bounding&(1<<capability) != 0 }

// lacking reports whether what Docker gives to privileged containers would be refused:
// a capability that it knows of is missing, of which CAP_SYS_RESOURCE, by which
// resource limits are raised, is the one that hardened machines lack.
func (l limits) lacking() bool {
	for number := range capabilityNames() {
		if !l.has(number) {
			return true
		}
	}
	return false
}

// missing are the names of the capabilities that the bounding set lacks.
func (l limits) missing() []string {
	var names []string
	for number, name := range capabilityNames() {
		if !l.has(number) {
			names = append(names, name)
		}
	}
	return names
}

// capabilityNames are the capabilities by number (capabilities(7)), those that all
// kernels from 5.9 on have.
func capabilityNames() []string {
	return []string{
		unix.CAP_CHOWN: "CAP_CHOWN", unix.CAP_DAC_OVERRIDE: "CAP_DAC_OVERRIDE", unix.CAP_DAC_READ_SEARCH: "CAP_DAC_READ_SEARCH",
		unix.CAP_FOWNER: "CAP_FOWNER", unix.CAP_FSETID: "CAP_FSETID", unix.CAP_KILL: "CAP_KILL", unix.CAP_SETGID: "CAP_SETGID",
		unix.CAP_SETUID: "CAP_SETUID", unix.CAP_SETPCAP: "CAP_SETPCAP", unix.CAP_LINUX_IMMUTABLE: "CAP_LINUX_IMMUTABLE",
		unix.CAP_NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE", unix.CAP_NET_BROADCAST: "CAP_NET_BROADCAST", unix.CAP_NET_ADMIN: "CAP_NET_ADMIN",
		unix.CAP_NET_RAW: "CAP_NET_RAW", unix.CAP_IPC_LOCK: "CAP_IPC_LOCK", unix.CAP_IPC_OWNER: "CAP_IPC_OWNER",
		unix.CAP_SYS_MODULE: "CAP_SYS_MODULE", unix.CAP_SYS_RAWIO: "CAP_SYS_RAWIO", unix.CAP_SYS_CHROOT: "CAP_SYS_CHROOT",
		unix.CAP_SYS_PTRACE: "CAP_SYS_PTRACE", unix.CAP_SYS_PACCT: "CAP_SYS_PACCT", unix.CAP_SYS_ADMIN: "CAP_SYS_ADMIN",
		unix.CAP_SYS_BOOT: "CAP_SYS_BOOT", unix.CAP_SYS_NICE: "CAP_SYS_NICE", unix.CAP_SYS_RESOURCE: "CAP_SYS_RESOURCE",
		unix.CAP_SYS_TIME: "CAP_SYS_TIME", unix.CAP_SYS_TTY_CONFIG: "CAP_SYS_TTY_CONFIG", unix.CAP_MKNOD: "CAP_MKNOD",
		unix.CAP_LEASE: "CAP_LEASE", unix.CAP_AUDIT_WRITE: "CAP_AUDIT_WRITE", unix.CAP_AUDIT_CONTROL: "CAP_AUDIT_CONTROL",
		unix.CAP_SETFCAP: "CAP_SETFCAP", unix.CAP_MAC_OVERRIDE: "CAP_MAC_OVERRIDE", unix.CAP_MAC_ADMIN: "CAP_MAC_ADMIN",
		unix.CAP_SYSLOG: "CAP_SYSLOG", unix.CAP_WAKE_ALARM: "CAP_WAKE_ALARM", unix.CAP_BLOCK_SUSPEND: "CAP_BLOCK_SUSPEND",
		unix.CAP_AUDIT_READ: "CAP_AUDIT_READ", unix.CAP_PERFMON: "CAP_PERFMON", unix.CAP_BPF: "CAP_BPF",
		unix.CAP_CHECKPOINT_RESTORE: "CAP_CHECKPOINT_RESTORE",
	}
}
