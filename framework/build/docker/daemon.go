package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/moby/moby/client"

	"github.com/rackproof/rackproof/framework/namespace"
)

// machineSocket is where a distribution's daemon listens.
const machineSocket = "/var/run/docker.sock"

// ErrNotReachable is the error when no Docker daemon answers.
var ErrNotReachable = errors.New("no Docker daemon answers")

// Daemon is a Docker daemon that has answered.
type Daemon struct {
	host string
	// init is the process that Rackproof's own daemon ends with, 0 for another's.
	init int
}

// Find finds a Docker daemon: the one in $DOCKER_HOST if that is set, else
// Rackproof's own, else the machine's (/var/run/docker.sock). It must answer; else the
// error, an ErrNotReachable, says what to do.
func Find(ctx context.Context) (*Daemon, error) {
	own := stateAt(StateFolder)
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		d := &Daemon{host: host}
		if host == own.host() {
			d.init, _ = own.pid()
		}
		if err := d.ping(ctx); err != nil {
			return nil, fmt.Errorf("%w at DOCKER_HOST=%s: %w: start that daemon, or unset DOCKER_HOST and run `make docker` (`rackproof docker up`)", ErrNotReachable, host, err)
		}
		return d, nil
	}
	d, ownErr := own.daemon(ctx)
	if ownErr == nil {
		return d, nil
	}
	d = &Daemon{host: "unix://" + machineSocket}
	err := d.ping(ctx)
	if err == nil {
		return d, nil
	}
	if own.alive() {
		return nil, fmt.Errorf("%w: Rackproof's own runs but says: %w: run `rackproof docker down` and `rackproof docker up`", ErrNotReachable, ownErr)
	}
	return nil, fmt.Errorf("%w at %s or %s: run `make docker` (`rackproof docker up`), or set DOCKER_HOST", ErrNotReachable, own.path(socketFile), machineSocket)
}

// Host is the daemon's address as in DOCKER_HOST.
func (d *Daemon) Host() string { return d.host }

// Private reports whether the daemon is Rackproof's own, in namespaces of its own.
func (d *Daemon) Private() bool { return d.init != 0 }

// PID is the process that Rackproof's own daemon ends with, 0 for another's.
func (d *Daemon) PID() int { return d.init }

// Proc is the path of the /proc folder of a process that the daemon reports, as the
// caller sees it: the private daemon counts processes in a PID namespace of its own.
func (d *Daemon) Proc(pid int) string {
	number := strconv.Itoa(pid)
	if !d.Private() {
		return filepath.Join("/proc", number)
	}
	return filepath.Join("/proc", strconv.Itoa(d.init), "root/proc", number)
}

// Namespaces are those in which a program sees what the daemon sees: its network,
// the paths that it mounts, the processes that it reports. The set is empty for a
// daemon that is not Rackproof's own. The caller closes it.
func (d *Daemon) Namespaces() (namespace.Set, error) {
	if !d.Private() {
		return namespace.Set{}, nil
	}
	var set namespace.Set
	for _, part := range []struct {
		name string
		file **os.File
	}{{"net", &set.Net}, {"mnt", &set.Mount}, {"pid", &set.PID}} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", d.init, part.name))
		if err != nil {
			set.Close()
			return namespace.Set{}, fmt.Errorf("open the %s namespace of Rackproof's Docker daemon: %w (has it ended? `rackproof docker status`)", part.name, err)
		}
		*part.file = file
	}
	return set, nil
}

// Environment is what a program needs in its environment, beside what it has, to
// reach the daemon.
func (d *Daemon) Environment() []string { return []string{"DOCKER_HOST=" + d.host} }

// Command is a command that reaches the daemon. It has to be started in the daemon's
// namespaces: see Run, and namespace.Set.Start.
func (d *Daemon) Command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Env = append(os.Environ(), d.Environment()...)
	return command
}

// Run runs a command in the daemon's namespaces and waits for its end.
func (d *Daemon) Run(command *exec.Cmd) error {
	namespaces, err := d.Namespaces()
	if err != nil {
		return err
	}
	defer namespaces.Close()
	if err := namespaces.Start(command); err != nil {
		return err
	}
	return command.Wait()
}

// Client is a client for the daemon, of the module that testcontainers-go uses. It
// agrees with the daemon on a version of the API: 1.40, Docker 19.03, is the oldest
// that it knows. The caller closes it.
func (d *Daemon) Client() (*client.Client, error) {
	// The environment has certificates for a daemon that is reached by TCP.
	options := []client.Opt{client.WithTLSClientConfigFromEnv(), client.WithHost(d.host)}
	c, err := client.New(options...)
	if err != nil {
		return nil, fmt.Errorf("make a client for the Docker daemon at %s: %w", d.host, err)
	}
	return c, nil
}

// ping asks the daemon whether it is there.
func (d *Daemon) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	c, err := d.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Ping(ctx, client.PingOptions{})
	return err
}
