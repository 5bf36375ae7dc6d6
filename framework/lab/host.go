package lab

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

// Host is a place in a lab: a host of its topology, or a pod. Each capability that a place
// may lack is an interface of its own, and a function finds it (RunnerOf). A host that
// wraps another one has a method Unwrap, which returns it.
type Host interface {
	Name() string
	// Lab names the lab.
	Lab() string
}

// Runner is a host that commands run on.
type Runner interface {
	// Run runs a command on the host and returns its standard output. A command
	// that fails gives an error with the end of its standard error.
	Run(ctx context.Context, argv ...string) ([]byte, error)
}

// Dialer is a host from which connections can be opened.
type Dialer interface {
	// DialContext opens a connection from the host's network namespace. With
	// network "unix" the address is a path in the host's file system.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Listener is a host that can be listened on.
type Listener interface {
	// Listen opens a listening socket in the host's network namespace.
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// FileReader is a host whose files can be read.
type FileReader interface {
	// ReadFile reads a file of the host's file system.
	ReadFile(path string) ([]byte, error)
}

// Namespace is a host whose network namespace can be entered: its routes and interfaces
// are read there, and its packets recorded.
type Namespace interface {
	// NetworkNamespace opens the host's network namespace. The caller closes it.
	NetworkNamespace() (netns.NsHandle, error)
}

// RunnerOf finds a host's Runner.
func RunnerOf(h Host) (Runner, error) { return ofHost[Runner](h, "run a command") }

// DialerOf finds a host's Dialer.
func DialerOf(h Host) (Dialer, error) { return ofHost[Dialer](h, "open a connection") }

// ListenerOf finds a host's Listener.
func ListenerOf(h Host) (Listener, error) { return ofHost[Listener](h, "listen") }

// FileReaderOf finds a host's FileReader.
func FileReaderOf(h Host) (FileReader, error) { return ofHost[FileReader](h, "read a file") }

// NamespaceOf finds a host's Namespace.
func NamespaceOf(h Host) (Namespace, error) {
	return ofHost[Namespace](h, "enter the network namespace")
}

// Enter opens a host's network namespace, in which functions can be run. The caller
// closes it.
func Enter(h Host) (namespace.Set, error) {
	n, err := NamespaceOf(h)
	if err != nil {
		return namespace.Set{}, err
	}
	handle, err := n.NetworkNamespace()
	if err != nil {
		return namespace.Set{}, err
	}
	return namespace.Set{Net: os.NewFile(uintptr(handle), "network namespace of "+h.Name())}, nil
}

// Netlink opens rtnetlink in a host's network namespace. The caller closes it.
func Netlink(h Host) (*netlink.Handle, error) {
	set, err := Enter(h)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	handle, err := netlink.NewHandleAt(netns.NsHandle(set.Net.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("%s: open netlink: %w", h.Name(), err)
	}
	return handle, nil
}
