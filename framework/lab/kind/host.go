package kind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path"
	"strings"

	vnetns "github.com/vishvananda/netns"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/namespace"
)

var _ interface {
	lab.Host
	lab.Runner
	lab.Dialer
	lab.Listener
	lab.FileReader
	lab.Namespace
} = (*host)(nil)

// host is a host of a lab, or the place of a pod.
type host struct {
	lab  *Lab
	name string
	// proc is the folder in /proc of a process of the host's.
	proc string
	// net is the network namespace if it is not the process's: a pod's.
	net string
	// node is the name of the node if the host is one.
	node string
}

// Name implements lab.Host.
func (h *host) Name() string { return h.name }

// Lab implements lab.Host.
func (h *host) Lab() string { return h.lab.Name() }

func (h *host) netPath() string {
	if h.net != "" {
		return h.net
	}
	return path.Join(h.proc, "ns/net")
}

// NetworkNamespace implements lab.Namespace.
func (h *host) NetworkNamespace() (vnetns.NsHandle, error) {
	handle, err := vnetns.GetFromPath(h.netPath())
	if err != nil {
		return handle, fmt.Errorf("%s: open its network namespace: %w", h.name, err)
	}
	return handle, nil
}

// open opens the host's namespaces. The caller closes them.
func (h *host) open() (namespace.Set, error) {
	set, err := openNamespaces(h.proc, h.netPath())
	if err != nil {
		return namespace.Set{}, fmt.Errorf("%s: enter it: %w", h.name, err)
	}
	return set, nil
}

// openNamespaces opens the mount, UTS and PID namespaces of a process, with a network
// namespace. The caller closes them.
func openNamespaces(proc, network string) (namespace.Set, error) {
	var set namespace.Set
	var errs []error
	for _, entry := range []struct {
		path string
		file **os.File
	}{
		{network, &set.Net}, {path.Join(proc, "ns/mnt"), &set.Mount},
		{path.Join(proc, "ns/uts"), &set.UTS}, {path.Join(proc, "ns/pid"), &set.PID},
	} {
		f, err := os.Open(entry.path)
		*entry.file = f
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		set.Close()
		return namespace.Set{}, err
	}
	return set, nil
}

// start starts a command on the host. The process ends with the container at the
// latest.
func (h *host) start(cmd *exec.Cmd) error {
	set, err := h.open()
	if err != nil {
		return err
	}
	defer set.Close()
	if err := set.Start(cmd); err != nil {
		return fmt.Errorf("%s: start %s: %w", h.name, strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// searchPath is where programs are in the containers.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// adminConfig is kubeadm's kubeconfig of an administrator on the control plane.
const adminConfig = "/etc/kubernetes/admin.conf"

// command makes a command for the host. The program is looked up in the host's PATH,
// not in this process's.
func (h *host) command(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/usr/bin/env", append([]string{"--"}, argv...)...)
	cmd.Env = []string{
		"PATH=" + searchPath, "HOME=/root", "LANG=C.UTF-8", "DATASTORE_TYPE=kubernetes",
		"KUBECONFIG=" + adminConfig,
	}
	cmd.Dir = "/"
	return cmd
}

// Run implements lab.Runner.
func (h *host) Run(ctx context.Context, argv ...string) ([]byte, error) {
	return lab.Output(h.name, argv, h.command(ctx, argv), h.start)
}

// Exec implements lab.Executor.
func (l *Lab) Exec(ctx context.Context, hostName string, argv []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	h, err := l.host(hostName)
	if err != nil {
		return 0, err
	}
	cmd := h.command(ctx, argv)
	cmd.Env = append(cmd.Env, "TERM="+os.Getenv("TERM"), fmt.Sprintf("PS1=%s# ", hostName))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	if err := h.start(cmd); err != nil {
		return 0, err
	}
	return lab.ExitStatus(cmd)
}

// DialContext implements lab.Dialer.
func (h *host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	set, err := h.open()
	if err != nil {
		return nil, err
	}
	defer set.Close()
	return set.DialContext(ctx, network, address)
}

// Listen implements lab.Listener.
func (h *host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	set, err := h.open()
	if err != nil {
		return nil, err
	}
	defer set.Close()
	return set.Listen(ctx, network, address)
}

// calicoFolder is what a node has in Calico's container, and not itself.
const calicoFolder = "/etc/calico/"

// ReadFile implements lab.FileReader. On a node, files in /etc/calico are those of Calico's
// container.
func (h *host) ReadFile(file string) ([]byte, error) {
	proc := h.proc
	if h.node != "" && strings.HasPrefix(file, calicoFolder) {
		var err error
		if proc, err = h.lab.calicoProcess(h.node); err != nil {
			return nil, err
		}
	}
	data, err := readIn(proc, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	return data, nil
}

// readIn reads a file as a process sees it.
func readIn(proc, file string) ([]byte, error) {
	mount, err := os.Open(path.Join(proc, "ns/mnt"))
	if err != nil {
		return nil, err
	}
	defer mount.Close()
	return namespace.Set{Mount: mount}.ReadFile(file)
}
