package agent

import (
	"context"
	"net"
	"os/exec"

	"k8s.io/apimachinery/pkg/types"
)

// Machine is the node that an agent runs pods on. It is safe for concurrent use.
type Machine interface {
	// NewPodNetwork makes an empty network namespace with lo up for a pod, unless
	// it is there already, and returns its path as CNI plugins on the node see it.
	NewPodNetwork(ctx context.Context, pod types.UID) (path string, err error)
	// DeletePodNetwork undoes NewPodNetwork; what is not there is no error.
	DeletePodNetwork(ctx context.Context, pod types.UID) error
	// Start starts cmd at a place on the node. All of cmd is set by the caller,
	// its process group too. An error of exec.Cmd.Start stays recognisable.
	Start(place Place, cmd *exec.Cmd) error
	// Wait waits for a command that Start has started, as exec.Cmd.Wait does.
	// Every Start is followed by one Wait.
	Wait(cmd *exec.Cmd) error
	// DialContext opens a connection from the node's own network namespace.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens a listening socket in the node's own network namespace.
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// Place is where on a node a process runs. The mount namespace is always the
// node's. The zero value is the node itself.
type Place struct {
	// Pod is the pod whose network namespace it is. Empty stands for the node's.
	Pod types.UID
	// Hostname is the name that the process sees as its host's, in a UTS namespace
	// apart from the node's. Empty stands for the node's own UTS namespace.
	Hostname string
}
