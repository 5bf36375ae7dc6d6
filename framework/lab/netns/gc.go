package netns

import (
	"context"
	"fmt"
	"os"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// List implements lab.Provider.
func (Provider) List() ([]lab.Listed, error) {
	all, err := folders()
	if err != nil {
		return nil, err
	}
	var list []lab.Listed
	for _, f := range all {
		entry := lab.Listed{Name: f.Name(), Provider: providerName, Folder: string(f.Folder), Alive: f.Held(), Kernel: lab.HostKernel}
		if spec, err := f.spec(); err == nil {
			if spec.Topology != nil {
				entry.Topology = spec.Topology.Name
			}
			if spec.Mode != nil {
				entry.Mode = spec.Mode.Name
			}
			if spec.VirtualMachine != nil {
				entry.Kernel = lab.UMLKernel
			}
		}
		if info, err := os.Stat(f.Path(registry.LockFile)); err == nil {
			entry.Since = info.ModTime()
		}
		if entry.Alive {
			entry.PID, _ = f.pid()
		}
		list = append(list, entry)
	}
	return list, nil
}

// GC implements lab.Provider. The kernel tells by the lock which labs live.
func (Provider) GC(context.Context) ([]string, error) {
	var removed []string
	err := root().Exclusively(func() error {
		all, err := folders()
		if err != nil {
			return err
		}
		for _, f := range all {
			if f.Held() {
				continue
			}
			if err := os.RemoveAll(string(f.Folder)); err != nil {
				return fmt.Errorf("remove what lab %s left: %w", f.Name(), err)
			}
			removed = append(removed, f.Name())
		}
		return nil
	})
	return removed, err
}
