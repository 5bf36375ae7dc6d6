package netns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"

	vnetns "github.com/vishvananda/netns"

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
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
	lab             *Lab
	name            string
	net, mount, uts string
}

// Name implements lab.Host.
func (h *host) Name() string { return h.name }

// Lab implements lab.Host.
func (h *host) Lab() string { return h.lab.Name() }

// NetworkNamespace implements lab.Namespace.
func (h *host) NetworkNamespace() (vnetns.NsHandle, error) {
	handle, err := vnetns.GetFromPath(h.net)
	if err != nil {
		return handle, fmt.Errorf("%s: open its network namespace: %w", h.name, err)
	}
	return handle, nil
}

// open opens the host's namespaces. The caller closes them.
func (h *host) open() (namespace.Set, error) {
	var set namespace.Set
	var errs []error
	for _, entry := range []struct {
		path string
		file **os.File
	}{{h.net, &set.Net}, {h.mount, &set.Mount}, {h.uts, &set.UTS}} {
		f, err := os.Open(entry.path)
		*entry.file = f
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		set.Close()
		return namespace.Set{}, fmt.Errorf("%s: enter it: %w", h.name, err)
	}
	return set, nil
}

// start starts a command on the host. The process ends with the lab at the latest.
func (h *host) start(cmd *exec.Cmd) error {
	set, err := h.open()
	if err != nil {
		return err
	}
	defer set.Close()
	if set.PID, err = h.lab.pidNamespace(); err != nil {
		return fmt.Errorf("%s: enter it: %w", h.name, err)
	}
	if err := set.Start(cmd); err != nil {
		return fmt.Errorf("%s: start %s: %w", h.name, strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// command makes a command with the environment of the host's own programs. The
// program is looked up in the host's PATH, not in this process's.
func (h *host) command(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/usr/bin/env", append([]string{"--"}, argv...)...)
	cmd.Env = []string{
		"PATH=" + h.searchPath(), "HOME=/root", "LANG=C.UTF-8",
		"KUBECONFIG=" + h.kubeconfig(), "DATASTORE_TYPE=kubernetes",
	}
	cmd.Dir = "/"
	return cmd
}

func (h *host) searchPath() string {
	if host, ok := h.lab.spec.Topology.Host(h.name); ok && host.Role.RunsCalico() {
		return labinit.NodePath(h.lab.spec)
	}
	return labinit.SearchPath(h.lab.spec)
}

func (h *host) kubeconfig() string {
	if h.name == cluster.ControlHost {
		return labinit.ControlKubeconfig
	}
	return cluster.AdminKubeconfig
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

// AdminKubeconfig implements lab.Administrable.
func (l *Lab) AdminKubeconfig() string { return cluster.AdminKubeconfig }

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

// ReadFile implements lab.FileReader.
func (h *host) ReadFile(path string) ([]byte, error) {
	set, err := h.open()
	if err != nil {
		return nil, err
	}
	defer set.Close()
	data, err := set.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	return data, nil
}
