package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// initName is argument 0 of the init, by which the program knows that it is to be one.
const initName = "rackproof-docker"

// searchPath is where the daemon looks for programs: containerd, runc, iptables.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// RunIfDaemon turns this process into the init of Rackproof's own daemon, or into
// its OCI runtime, if it was started as one. A program that calls Start calls it
// before anything else.
func RunIfDaemon() {
	var err error
	switch filepath.Base(os.Args[0]) {
	case initName:
		err = runInit(stateAt(os.Args[1]))
	case runtimeName:
		err = runRuntime(os.Args[1:])
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rackproof:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runInit makes the namespaces that this process was started in fit for a Docker
// daemon, starts it, and ends with it.
func runInit(s state) error {
	signals := make(chan os.Signal, 1)
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGPIPE)
	signal.Notify(signals, unix.SIGTERM)
	if err := unix.Sethostname([]byte("docker")); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	if err := mountAll(); err != nil {
		return err
	}
	if err := upLoopback(); err != nil {
		return err
	}
	program, err := exec.LookPath("dockerd")
	if err != nil {
		return fmt.Errorf("find dockerd: %w: install the package docker.io", err)
	}
	daemon, err := os.StartProcess(program, []string{"dockerd", "--config-file", s.path(configFile)},
		&os.ProcAttr{Dir: "/", Env: os.Environ(), Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err != nil {
		return fmt.Errorf("start dockerd: %w", err)
	}
	go func() {
		for range signals {
			_ = daemon.Signal(unix.SIGTERM)
		}
	}()
	return reapUntil(daemon.Pid)
}

// reapUntil collects orphans until one process has ended.
func reapUntil(pid int) error {
	for {
		var status unix.WaitStatus
		ended, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("wait for dockerd: %w", err)
		case ended == pid && status.ExitStatus() != 0:
			return fmt.Errorf("dockerd has ended with status %d", status.ExitStatus())
		case ended == pid:
			return nil
		}
	}
}

// mountAll mounts what the daemon must have of its own. /run is its own so that
// named network namespaces, sockets and locks of iptables stay in here, and /etc is
// the machine's with whatever is written to it kept in memory: containerlab adds
// hosts there.
func mountAll() error {
	// Nothing that is mounted from here on may be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	kept := filepath.Dir(StateFolder)
	for _, step := range []func() error{
		func() error { return replace("tmpfs", "/run", "mode=0755", kept) },
		func() error { return replace("sysfs", "/sys", "", "/sys/fs/cgroup") },
		overlayEtc,
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	// Mounts that are made in here, such as the names of network namespaces, are
	// seen by what is started in a mount namespace below.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

// replace mounts a new file system in place of a folder's, in which what was mounted
// at a path below stays.
func replace(kind, folder, data, kept string) error {
	held, err := unix.OpenTree(unix.AT_FDCWD, kept, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("keep %s: %w", kept, err)
	}
	defer func() { _ = unix.Close(held) }()
	if err := unix.Mount(kind, folder, kind, 0, data); err != nil {
		return fmt.Errorf("mount %s: %w", folder, err)
	}
	if err := os.MkdirAll(kept, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make %s: %w", kept, err)
	}
	if err := unix.MoveMount(held, "", unix.AT_FDCWD, kept, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount %s: %w", kept, err)
	}
	return nil
}

// overlayEtc keeps what is written to /etc in memory.
func overlayEtc() error {
	const upper, work = "/run/etc/upper", "/run/etc/work"
	for _, folder := range []string{upper, work} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make %s: %w", folder, err)
		}
	}
	if err := unix.Mount("etc", "/etc", "overlay", 0, "lowerdir=/etc,upperdir="+upper+",workdir="+work); err != nil {
		return fmt.Errorf("mount /etc: %w", err)
	}
	return nil
}

func upLoopback() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find the loopback interface: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set the loopback interface up: %w", err)
	}
	return nil
}
