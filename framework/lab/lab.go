package lab

import (
	"context"
	"net"

	"github.com/vishvananda/netns"
	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// Lab is a topology that a provider has brought up, with a cluster on it. A lab that
// can do more implements the narrow interfaces beside it.
type Lab interface {
	// Name is the lab's own name, unique on its machine.
	Name() string
	// Provider names what brought the lab up: netns, kind, testbed.
	Provider() string
	Topology() *topology.Topology
	// Mode is the mode that the lab was brought up in.
	Mode() *calico.Mode
	// Host finds a host of the topology by its name.
	Host(name string) (Host, error)
	// Pod is the place that a running pod's containers see: its network namespace.
	Pod(ctx context.Context, namespace, name string) (Host, error)
	// Kubernetes is a client configuration for the lab's API server that works
	// from this process.
	Kubernetes() *rest.Config
}

// Host is a place in a lab that has a network namespace of its own.
type Host interface {
	Name() string
	// NetworkNamespace opens the host's network namespace. The caller closes it.
	NetworkNamespace() (netns.NsHandle, error)
	// Run runs a command on the host and returns its standard output. A command
	// that fails gives an error with the end of its standard error.
	Run(ctx context.Context, argv ...string) ([]byte, error)
	// DialContext opens a connection from the host's network namespace. With
	// network "unix" the address is a path in the host's file system.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens a listening socket in the host's network namespace.
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	// ReadFile reads a file of the host's file system.
	ReadFile(path string) ([]byte, error)
}

// LinkCutter is a lab whose links can be cut and restored: the carrier of both
// ends goes, as when a cable is pulled.
type LinkCutter interface {
	CutLink(ctx context.Context, link string) error
	RestoreLink(ctx context.Context, link string) error
	// CutEnd cuts one host off a link that is a bridge, and RestoreEnd joins it
	// again: only that host's cable is pulled.
	CutEnd(ctx context.Context, link, host string) error
	RestoreEnd(ctx context.Context, link, host string) error
}

// RouterController is a lab whose routers can be made to do something else.
type RouterController interface {
	// Routers says what the routers are configured to do, in the order of the
	// topology.
	Routers(ctx context.Context) ([]fabric.Router, error)
	// ConfigureRouter replaces what a router does, also the software that it runs,
	// and returns when the new configuration is in force. Sessions that are
	// configured as before stay up where the software can do that. A router whose
	// programs were stopped stays so, and takes the configuration when they start.
	ConfigureRouter(ctx context.Context, router fabric.Router) error
}

// LogReader is a lab that keeps its components' logs.
type LogReader interface {
	// Logged lists the components of a host that have a log, in order. The host `lab`
	// is the lab itself.
	Logged(ctx context.Context, host string) ([]string, error)
	// LogTail returns the last lines of a component's log.
	LogTail(ctx context.Context, host, component string, lines int) ([]string, error)
}

// LogFollower is a lab whose components' logs can be read on from where one has stopped.
type LogFollower interface {
	LogReader
	// LogSince returns what a component has logged behind an offset in bytes, up to the
	// last whole line, and the offset behind that. A log that is shorter than the offset
	// has begun again and is read from its beginning.
	LogSince(ctx context.Context, host, component string, offset int64) (text []byte, end int64, err error)
}

// ComponentController is a lab whose components can be ended and started again.
type ComponentController interface {
	// Components lists the states of all components.
	Components(ctx context.Context) ([]supervisor.Status, error)
	// StopComponent ends a component in good order, KillComponent by SIGKILL. Both
	// return when it has ended.
	StopComponent(ctx context.Context, host, component string) error
	KillComponent(ctx context.Context, host, component string) error
	StartComponent(ctx context.Context, host, component string) error
}
