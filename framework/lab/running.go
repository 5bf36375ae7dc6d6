package lab

import (
	"context"
	"io"
	"time"
)

// Running is a lab as its provider gives it to whoever has brought it up or found it:
// what suites see, and its life.
type Running interface {
	Lab
	// CalicoVersion is the version of Calico that runs in the lab.
	CalicoVersion() string
	// Kubeconfig is the path of an administrator's kubeconfig. Its server answers
	// inside the lab only.
	Kubeconfig() string
	// PID is the process that the lab ends with, or that has brought it up.
	PID() int
	// Died has the lab's first error once something in it has ended unasked; nil for a
	// lab that another process has brought up.
	Died() <-chan error
	// Release lets the lab live on without the process that has brought it up.
	Release() error
	// Down takes the lab down and returns when nothing of it is left.
	Down(ctx context.Context) error
}

// Sharer is a lab whose components do not have the same share of the processors while it
// starts, so that what its readiness waits for comes first.
type Sharer interface {
	// ShareEqually ends that.
	ShareEqually(ctx context.Context) error
}

// Executor is a lab on whose hosts commands run with the caller's streams.
type Executor interface {
	// Exec runs a command on a host with the given standard streams and returns its
	// exit status. A terminal stays the caller's.
	Exec(ctx context.Context, host string, argv []string, stdin io.Reader, stdout, stderr io.Writer) (int, error)
}

// Administrable is a lab on whose nodes calicoctl and kubectl run for an administrator: they
// are in the PATH of commands, whose environment leads them to the cluster.
type Administrable interface {
	Executor
	// AdminKubeconfig is the path of an administrator's kubeconfig on every node.
	AdminKubeconfig() string
}

// ProcessViewer is a lab whose processes this machine sees.
type ProcessViewer interface {
	// ProcFileSystems are the folders of proc file systems that show the processes of the
	// lab's hosts, each once.
	ProcFileSystems() []string
}

// ExecutorOf finds a lab's Executor.
func ExecutorOf(l Lab) (Executor, error) { return ofLab[Executor](l, "run a command on a host") }

// AdministrableOf finds a lab's Administrable.
func AdministrableOf(l Lab) (Administrable, error) {
	return ofLab[Administrable](l, "run calicoctl on a node")
}

// ProcessViewerOf finds a lab's ProcessViewer.
func ProcessViewerOf(l Lab) (ProcessViewer, error) {
	return ofLab[ProcessViewer](l, "view the processes")
}

// Listed is one lab of this machine.
type Listed struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Topology string `json:"topology"`
	Mode     string `json:"mode"`
	// Kernel is `uml` for a lab inside User-Mode Linux, and for a machine that labs are
	// brought up in; `host` for this machine's own.
	Kernel Kernel `json:"kernel"`
	PID    int    `json:"pid"`
	// Folder has the lab's state and its logs.
	Folder string    `json:"folder"`
	Since  time.Time `json:"since"`
	// Alive is false for what a lab that was killed has left.
	Alive bool `json:"alive"`
}
