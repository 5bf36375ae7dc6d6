package image

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

//go:embed root.sh
var rootScript string

// scriptLines is how many last lines of a script's output an error shows.
const scriptLines = 12

// root is a root file system that is to be made.
type root struct {
	// lower are the folders of the layers below, the topmost first; none to make one
	// by debootstrap.
	lower []string
	// upper is the folder of what is new.
	upper string
	// work is a folder on the same file system for whatever else is needed.
	work      string
	variant   string
	origin    origin
	packages  []string
	stage     string
	setup     []byte
	preload   string
	apt       string
	inventory string
	epoch     time.Time
}

// make makes the root file system.
func (r root) make(ctx context.Context) error {
	overlay, mounted := filepath.Join(r.work, "overlay"), filepath.Join(r.work, "root")
	for _, folder := range []string{r.upper, overlay, mounted, r.apt} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	sources := filepath.Join(r.work, "sources.list")
	if err := os.WriteFile(sources, []byte(r.origin.sources()), 0o644); err != nil {
		return err
	}
	environment := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root",
		fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.epoch.Unix()),
		"LOWER=" + strings.Join(r.lower, ":"), "UPPER=" + r.upper, "WORK=" + overlay, "ROOT=" + mounted,
		"VARIANT=" + r.variant, "SUITE=" + r.origin.suite, "MIRROR=" + r.origin.mirror(), "SOURCES=" + sources,
		"PACKAGES=" + strings.Join(r.packages, " "), "STAGE=" + r.stage, "PRELOAD=" + r.preload, "APT=" + r.apt,
		"INVENTORY=" + r.inventory,
	}
	if r.setup != nil {
		setup := filepath.Join(r.work, "setup")
		if err := os.WriteFile(setup, r.setup, 0o755); err != nil {
			return err
		}
		environment = append(environment, "SETUP="+setup)
	}
	return runScript(ctx, rootScript, append(environment, proxies()...))
}

// proxies are the settings by which this machine reaches the distribution's servers.
func proxies() []string {
	var list []string
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// runScript runs a shell script in mount and PID namespaces of its own. With the
// shell, which is the init there, everything in them ends.
func runScript(ctx context.Context, script string, environment []string) error {
	command := exec.CommandContext(ctx, "/bin/sh", "-c", "mount --make-rprivate / && mount -t proc proc /proc && "+
		`eval "$SCRIPT"`)
	command.Env = append(environment, "SCRIPT="+script)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	// The signal at the parent's end counts from the thread that starts the shell,
	// which must therefore stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig:  syscall.SIGKILL,
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
	}
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		lines := strings.Split(strings.TrimSpace(output.String()), "\n")
		return fmt.Errorf("%w; its last lines:\n    %s", err, strings.Join(lines[max(0, len(lines)-scriptLines):], "\n    "))
	}
	return nil
}

// extract takes single files out of one of the distribution's packages.
func extract(ctx context.Context, origin origin, from Extract, work, stage string) (version string, err error) {
	sources := filepath.Join(work, "sources.list")
	if err := os.WriteFile(sources, []byte(origin.sources()), 0o644); err != nil {
		return "", err
	}
	run := func(name string, arguments ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, name, arguments...)
		command.Dir = work
		output, err := command.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("%s %s: %w: %s", name, from.Package, err, bytes.TrimSpace(exit.Stderr))
		}
		return output, err
	}
	if _, err := run("apt-get", "download", from.Package); err != nil {
		return "", err
	}
	packages, err := filepath.Glob(filepath.Join(work, from.Package+"_*.deb"))
	if err != nil || len(packages) != 1 {
		return "", errors.Join(err, fmt.Errorf("apt-get download %s left %d files, not one", from.Package, len(packages)))
	}
	unpacked := filepath.Join(work, "unpacked")
	if _, err := run("dpkg-deb", "--extract", packages[0], unpacked); err != nil {
		return "", err
	}
	for _, file := range from.Files {
		if err := copyFile(filepath.Join(unpacked, file), filepath.Join(stage, file), 0o755); err != nil {
			return "", err
		}
	}
	output, err := run("dpkg-deb", "--showformat=${Version}", "--show", packages[0])
	return string(output), err
}
