package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// RunIfInit turns this process into the init of a User-Mode Linux if it was started
// as one; it does not return then. A program that is to run inside calls it before
// anything else.
func RunIfInit() {
	if os.Getpid() != 1 || os.Getenv(initVariable) == "" {
		return
	}
	fmt.Fprintln(os.Stderr, "rackproof's init:", runInit())
	// Nothing that was written to this machine's files may be lost.
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	os.Exit(1)
}

// runInit serves until it cannot, and says why.
func runInit() error {
	state := os.Getenv(initVariable)
	if err := makeFileSystems(state); err != nil {
		return err
	}
	// The environment of programs comes from outside.
	os.Clearenv()
	if err := os.Setenv(insideVariable, "1"); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := configureNetwork(); err != nil {
		return fmt.Errorf("configure the network to the outside: %w", err)
	}
	listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(Server()))
	if err != nil {
		return err
	}
	return serve(listener)
}

// makeFileSystems mounts what is not this machine's own: processes, devices, and
// places for what lives as long as the kernel does.
func makeFileSystems(state string) error {
	mounts := []struct{ source, target, kind, options string }{
		{"proc", "/proc", "proc", ""},
		{"sysfs", "/sys", "sysfs", ""},
		{"run", "/run", "tmpfs", "mode=0755"},
		{"dev", "/dev", "devtmpfs", "mode=0755"},
		{"devpts", "/dev/pts", "devpts", "ptmxmode=0666"},
		{"shm", "/dev/shm", "tmpfs", "mode=1777"},
		{"outside", OutsideFolder, "hostfs", state},
	}
	for _, m := range mounts {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return fmt.Errorf("make %s: %w", m.target, err)
		}
		err := unix.Mount(m.source, m.target, m.kind, 0, m.options)
		// The kernel may have mounted devtmpfs before init.
		if err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	if err := os.Symlink("/proc/self/fd", "/dev/fd"); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func configureNetwork() error {
	for _, name := range []string{"lo", DeviceName(0)} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name != "lo" {
			address := &net.IPNet{IP: insideAddress().Addr().AsSlice(), Mask: net.CIDRMask(insideAddress().Bits(), insideAddress().Addr().BitLen())}
			if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: address}); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
