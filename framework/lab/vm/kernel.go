package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const (
	// Program is the kernel as Debian and Ubuntu package it, whose version is theirs.
	Program = "linux.uml"
	// Package is the name of that package.
	Package = "user-mode-linux"
	// modulesRoot has a folder of modules for each version of the kernel.
	modulesRoot = "/usr/lib/uml/modules"
	// initVariable is in the environment of init, and insideVariable in that of
	// everything that Run runs.
	initVariable   = "RACKPROOF_UML_INIT"
	insideVariable = "RACKPROOF_UML"
)

// OutsideFolder is where Options.State is seen inside.
const OutsideFolder = "/run/rackproof/outside"

// Ports is how many devices a kernel has for the networks of labs, beside the one
// that it is controlled by.
const Ports = 8

// TapName is the name that device n of a kernel has outside, where it is a tap device
// in the network namespace of the kernel's process, made and brought up before the
// kernel starts: it gives a device up that it cannot send by. Device 0 is the one for
// control.
func TapName(n int) string { return fmt.Sprintf("uml%d", n) }

// DeviceName is the name that device n has inside.
func DeviceName(n int) string { return fmt.Sprintf("vec%d", n) }

// network joins the two sides. It is link-local, and in namespaces of its own.
func network() netip.Prefix { return netip.MustParsePrefix("169.254.77.0/30") }

// OutsideAddress is the address of the kernel's process on the network for control.
func OutsideAddress() netip.Prefix {
	return netip.PrefixFrom(network().Addr().Next(), network().Bits())
}

// insideAddress is the kernel's own.
func insideAddress() netip.Prefix {
	return netip.PrefixFrom(OutsideAddress().Addr().Next(), network().Bits())
}

// sshPort is where init serves Run.
const sshPort = 22

// Server is where a kernel serves Run, to be dialled from its process's network
// namespace.
func Server() netip.AddrPort { return netip.AddrPortFrom(insideAddress().Addr(), sshPort) }

// Kernel is a User-Mode Linux of this machine.
type Kernel struct {
	// Program is the path of its program.
	Program string `json:"program"`
	// Built says that it is not the distribution's.
	Built bool `json:"built"`
}

// Find finds the kernel: one that was built at the given path (see
// component.KernelProgram), or else the distribution's, which is slower. The error
// names what is missing.
func Find(built string) (Kernel, error) {
	if _, err := os.Stat("/dev/net/tun"); errors.Is(err, fs.ErrNotExist) {
		return Kernel{}, errors.New("there is no /dev/net/tun: User-Mode Linux needs it for its network; try `modprobe tun`")
	}
	if _, err := exec.LookPath(built); err == nil {
		return Kernel{Program: built, Built: true}, nil
	}
	program, err := exec.LookPath(Program)
	if err != nil {
		return Kernel{}, fmt.Errorf("there is neither %s nor a program %s: run `make kernel`, or install the package %s", built, Program, Package)
	}
	if entries, err := os.ReadDir(modulesRoot); err != nil || len(entries) == 0 {
		return Kernel{}, fmt.Errorf("no kernel modules in %s: run `make kernel`, or install the package %s again", modulesRoot, Package)
	}
	return Kernel{Program: program}, nil
}

// Options are what a kernel is started with.
type Options struct {
	Kernel Kernel
	// Init is the path of this program.
	Init string
	// Folder is a folder of the kernel's own, for the files by which it is known.
	Folder string
	// State is a folder of this machine that is visible inside at OutsideFolder.
	State string
	// MemoryMiB is how much memory it has at most; what it does not use it does not
	// take.
	MemoryMiB int
}

// CommandLine is the command that starts a kernel. Its output is the kernel's log.
// Everything that the kernel starts ends with it if it is started in a PID namespace
// of its own.
func CommandLine(o Options) []string {
	argv := []string{
		o.Kernel.Program,
		"root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw",
		"init=" + o.Init, initVariable + "=" + o.State,
		fmt.Sprintf("mem=%dM", o.MemoryMiB),
		"umid=" + filepath.Base(o.Folder), "uml_dir=" + filepath.Dir(o.Folder) + "/",
		// Init's own output goes to the log; nothing else has a terminal by itself.
		"con=null", "con0=null,fd:1", "ssl=null",
		"quiet", "loglevel=3", "panic=-1",
		// The programs are our own and their timing matters.
		"mitigations=off", "audit=0", "selinux=0", "apparmor=0",
	}
	for n := range Ports + 1 {
		argv = append(argv, fmt.Sprintf("vec%d:transport=tap,ifname=%s,depth=128,gro=1", n, TapName(n)))
	}
	// The programs are trusted, and this is the faster way to catch their system calls.
	// The distribution's kernel would take it for something of init's.
	if o.Kernel.Built {
		argv = append(argv, "seccomp=on")
	}
	return slices.Clip(argv)
}

// Environment is what a process has in its environment to know that it runs inside;
// empty on this machine itself.
func Environment() []string {
	if !Inside() {
		return nil
	}
	return []string{insideVariable + "=" + os.Getenv(insideVariable)}
}

// Inside reports whether this process runs inside such a kernel.
func Inside() bool { return os.Getenv(insideVariable) != "" }
