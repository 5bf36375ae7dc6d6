package netns

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab/registry"
)

// Down implements lab.Provider.
func (Provider) Down(ctx context.Context, name string) error {
	f, err := folderOf(name)
	if err != nil {
		return err
	}
	if !f.Held() {
		return fmt.Errorf("lab %s: %w", name, registry.ErrNoLab)
	}
	pid, err := f.pid()
	if err != nil {
		return fmt.Errorf("lab %s: find its process: %w", name, err)
	}
	return (&Lab{folder: f, pid: pid}).Down(ctx)
}
