// Package controlplane is where a cluster's control plane runs: etcd, the API server,
// the controller manager and the scheduler. That is beside the nodes (Local), or, when
// the nodes are under a kernel that is slow to start programs, outside of it (Remote,
// served by Serve). The package does not know the programs or how they are started.
package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// EtcdFolder is the folder of etcd's data among a control plane's files.
const EtcdFolder = "etcd"

// Place is where a control plane runs.
type Place interface {
	// Path is the path of one of the control plane's files, as its programs see it.
	Path(name string) string
	// Seeded reports whether etcd begins with a prepared state.
	Seeded() bool
	// Begin writes the control plane's files, and etcd's prepared state if there is
	// one.
	Begin(ctx context.Context, files map[string][]byte) error
	// Start starts a program of the control plane, by its name, as a component.
	Start(ctx context.Context, name string, arguments []string) error
	// Stop ends a program and waits until it has ended; Restart starts it again.
	Stop(ctx context.Context, name string, signal syscall.Signal) error
	Restart(ctx context.Context, name string) error
	// Status lists the programs.
	Status(ctx context.Context) ([]supervisor.Status, error)
}

// Local is a place beside the caller.
type Local struct {
	// Host is the name by which the supervisor knows the place.
	Host string
	// Dir is the folder of the control plane's files.
	Dir string
	// Seed is a folder with a prepared state of etcd; empty for none.
	Seed        string
	Environment []string
	Supervisor  *supervisor.Supervisor
	Namespaces  namespace.Set
}

var _ Place = Local{}

// Path implements Place.
func (l Local) Path(name string) string { return filepath.Join(l.Dir, name) }

// Seeded implements Place.
func (l Local) Seeded() bool { return l.Seed != "" }

// Begin implements Place.
func (l Local) Begin(_ context.Context, files map[string][]byte) error {
	for name, data := range files {
		if err := os.WriteFile(l.Path(name), data, 0o600); err != nil {
			return fmt.Errorf("write the control plane's files: %w", err)
		}
	}
	if l.Seed != "" {
		if err := CopySparse(l.Seed, l.Path(EtcdFolder)); err != nil {
			return fmt.Errorf("copy the prepared state: %w", err)
		}
	}
	return nil
}

// Start implements Place.
func (l Local) Start(_ context.Context, name string, arguments []string) error {
	return l.Supervisor.Start(supervisor.Component{
		Host: l.Host, Name: name, Argv: append([]string{name}, arguments...), Env: l.Environment, Namespaces: l.Namespaces,
	})
}

// Stop implements Place.
func (l Local) Stop(ctx context.Context, name string, signal syscall.Signal) error {
	return l.Supervisor.Stop(ctx, l.Host, name, signal)
}

// Restart implements Place.
func (l Local) Restart(_ context.Context, name string) error {
	return l.Supervisor.Restart(l.Host, name)
}

// Status implements Place.
func (l Local) Status(context.Context) ([]supervisor.Status, error) {
	var list []supervisor.Status
	for _, status := range l.Supervisor.Status() {
		if status.Host == l.Host {
			list = append(list, status)
		}
	}
	return list, nil
}
