package lab

import (
	"context"
	"errors"

	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// Lab is a topology that a provider has brought up, with a cluster on it. Each
// capability that a lab may lack is an interface of its own, and a function finds it
// (LinkCutterOf).
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
	// CalicoBIRD reports whether the nodes run a BIRD that knows krt_tunnel, Calico's
	// addition, with Calico's templates as they are. Else they run a stock BIRD, with the
	// kernel filter that package router/bird adapts.
	CalicoBIRD() bool
	// Kubernetes is a client configuration for the lab's API server that works
	// from this process.
	Kubernetes() *rest.Config
}

// PodEnterer is a lab whose pods can be entered.
type PodEnterer interface {
	// Pod is the place that a running pod's containers see: its network namespace.
	Pod(ctx context.Context, namespace, name string) (Host, error)
}

// LinkCutter is a lab whose links can be cut and restored: the carrier of both
// ends goes, as when a cable is pulled.
type LinkCutter interface {
	CutLink(ctx context.Context, link string) error
	RestoreLink(ctx context.Context, link string) error
}

// EndCutter is a lab that can cut one host off a link that is a bridge, and join it
// again: only that host's cable is pulled.
type EndCutter interface {
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

// ComponentLister is a lab that shows its components.
type ComponentLister interface {
	// Components lists the states of all components.
	Components(ctx context.Context) ([]supervisor.Status, error)
}

// ComponentController is a lab whose components can be ended and started again.
type ComponentController interface {
	ComponentLister
	// StopComponent ends a component in good order, KillComponent by SIGKILL. Both
	// return when it has ended.
	StopComponent(ctx context.Context, host, component string) error
	KillComponent(ctx context.Context, host, component string) error
	StartComponent(ctx context.Context, host, component string) error
}

// CalicoNodeController is a lab in which a node's calico-node, all programs of its container,
// can be ended and started again as one, as a roll-out of its DaemonSet does.
type CalicoNodeController interface {
	// EndCalicoNode ends a node's calico-node as a kubelet does when its pod is deleted, and
	// returns when all its programs have ended.
	EndCalicoNode(ctx context.Context, node string) error
	// StartCalicoNode starts it again, in the order of its container, and returns when all its
	// programs are started. Settings are variables of its environment beside the lab's own, or
	// instead of them; those of an earlier start are forgotten.
	StartCalicoNode(ctx context.Context, node string, settings map[string]string) error
	// RunCalicoNode runs one of calico-node's own commands beside its programs, as a kubelet
	// runs the probes of its manifest, and returns what it prints, also if it fails.
	RunCalicoNode(ctx context.Context, node string, arguments ...string) ([]byte, error)
}

// Hosts with logs beside the topology's.
const (
	// ControlHost is where the control plane runs, if that is no node.
	ControlHost = "control"
	// OwnHost stands for the lab itself: what has made it, and keeps it up.
	OwnHost = "lab"
)

// ErrNoLogs is in the error of LogReader.Logged for a host that has no logs.
var ErrNoLogs = errors.New("no logs")

// LogReader is a lab that keeps its components' logs.
type LogReader interface {
	// Logged lists the components of a host that have a log, in order. A host without
	// any gives ErrNoLogs.
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

// PodEntererOf finds a lab's PodEnterer.
func PodEntererOf(l Lab) (PodEnterer, error) { return ofLab[PodEnterer](l, "enter a pod") }

// LinkCutterOf finds a lab's LinkCutter.
func LinkCutterOf(l Lab) (LinkCutter, error) { return ofLab[LinkCutter](l, "cut a link") }

// EndCutterOf finds a lab's EndCutter.
func EndCutterOf(l Lab) (EndCutter, error) { return ofLab[EndCutter](l, "cut a host off a link") }

// RouterControllerOf finds a lab's RouterController.
func RouterControllerOf(l Lab) (RouterController, error) {
	return ofLab[RouterController](l, "configure a router")
}

// ComponentListerOf finds a lab's ComponentLister.
func ComponentListerOf(l Lab) (ComponentLister, error) {
	return ofLab[ComponentLister](l, "list the components")
}

// ComponentControllerOf finds a lab's ComponentController.
func ComponentControllerOf(l Lab) (ComponentController, error) {
	return ofLab[ComponentController](l, "stop and start a component")
}

// CalicoNodeControllerOf finds a lab's CalicoNodeController.
func CalicoNodeControllerOf(l Lab) (CalicoNodeController, error) {
	return ofLab[CalicoNodeController](l, "end and start a node's calico-node")
}

// LogReaderOf finds a lab's LogReader.
func LogReaderOf(l Lab) (LogReader, error) { return ofLab[LogReader](l, "read a log") }

// LogFollowerOf finds a lab's LogFollower.
func LogFollowerOf(l Lab) (LogFollower, error) { return ofLab[LogFollower](l, "follow a log") }
