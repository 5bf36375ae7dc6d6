package labinit

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// VirtualMachine is what a User-Mode Linux is started from.
type VirtualMachine struct {
	// Init is the program that is the kernel's init, which calls vm.RunIfInit.
	Init string `json:"init"`
	// Kernel is the kernel itself.
	Kernel vm.Kernel `json:"kernel"`
	// MemoryMiB is the kernel's memory.
	MemoryMiB int `json:"memoryMiB"`
	// Services is the service network for which Spec.Seed holds.
	Services string `json:"services"`
}

// Names by which the supervisor knows the kernel, and its memory's folder.
const (
	MachineHost   = "the-machine-"
	KernelProgram = "kernel"
	// memoryFolder holds the file that is the kernel's memory.
	memoryFolder = "memory"
)

// virtualMachine is the host's side of a User-Mode Linux: the kernel's process, and the
// control planes of the labs inside.
type virtualMachine struct {
	lab *running
	// view is a mount namespace that shows the host's files.
	view *os.File
	// state is the state folder as this machine's own processes see it.
	state string

	mu            sync.Mutex
	controlPlanes map[string]*hosting
	// turn counts the ports that have been given, so that one that was just given back
	// comes last.
	turn int
}

func newVirtualMachine(lab *running, view *os.File, state string) *virtualMachine {
	return &virtualMachine{lab: lab, view: view, state: state, controlPlanes: map[string]*hosting{}}
}

// keepView opens a mount namespace that goes on showing this machine's files, for a
// kernel whose programs are to see them. It has a /proc of this PID namespace, and a
// place for the kernel's memory, which is a file.
func keepView(state string, memoryMiB int) (*os.File, error) {
	var view *os.File
	err := namespace.Set{}.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("make the mounts private: %w", err)
		}
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return fmt.Errorf("mount /proc: %w", err)
		}
		memory := filepath.Join(state, memoryFolder)
		if err := os.MkdirAll(memory, 0o700); err != nil {
			return err
		}
		options := fmt.Sprintf("mode=0700,size=%dm", memoryMiB+64)
		if err := unix.Mount("memory", memory, "tmpfs", 0, options); err != nil {
			return fmt.Errorf("mount %s: %w", memory, err)
		}
		var err error
		view, err = os.Open("/proc/thread-self/ns/mnt")
		return err
	})
	return view, err
}

// start starts the kernel and serves control planes. It returns when programs can be
// run inside.
func (m *virtualMachine) start(ctx context.Context) error {
	if err := m.lab.publish(); err != nil {
		return err
	}
	if err := takeShare(); err != nil {
		// Slower, not wrong.
		fmt.Fprintln(os.Stderr, "take a larger share of the processors:", err)
	}
	if err := m.makeNetwork(); err != nil {
		return fmt.Errorf("make the network to User-Mode Linux: %w", err)
	}
	if err := m.serve(ctx); err != nil {
		return err
	}
	done := m.lab.process.phase("kernel")
	err := m.startKernel(ctx)
	done(err)
	return err
}

// makeNetwork makes the host's ends of the kernel's devices. The first one is that by
// which the kernel is controlled.
func (m *virtualMachine) makeNetwork() error {
	for n := range vm.Ports + 1 {
		tap := &netlink.Tuntap{
			LinkAttrs: netlink.LinkAttrs{Name: vm.TapName(n), TxQLen: -1}, Mode: netlink.TUNTAP_MODE_TAP,
			Flags: netlink.TUNTAP_NO_PI | netlink.TUNTAP_VNET_HDR,
		}
		if err := netlink.LinkAdd(tap); err != nil {
			return fmt.Errorf("make %s: %w", tap.Name, err)
		}
		if n == 0 {
			if err := netlink.AddrAdd(tap, &netlink.Addr{IPNet: ipNet(vm.OutsideAddress())}); err != nil {
				return fmt.Errorf("give %s its address: %w", tap.Name, err)
			}
		}
		if err := netlink.LinkSetUp(tap); err != nil {
			return fmt.Errorf("bring %s up: %w", tap.Name, err)
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

func (m *virtualMachine) startKernel(ctx context.Context) error {
	settings := m.lab.spec.VirtualMachine
	argv := vm.CommandLine(vm.Options{
		Kernel: settings.Kernel,
		Init:   settings.Init, Folder: filepath.Join(m.state, "uml"), State: m.state, MemoryMiB: settings.MemoryMiB,
	})
	err := m.lab.supervisor.Start(supervisor.Component{
		Host: MachineHost, Name: KernelProgram, Argv: argv,
		Env:        []string{"PATH=/usr/sbin:/usr/bin", "HOME=/root", "TMPDIR=" + filepath.Join(m.state, memoryFolder)},
		Namespaces: namespace.Set{Mount: m.view},
	})
	if err != nil {
		return err
	}
	return vm.Wait(ctx, new(net.Dialer).DialContext)
}
