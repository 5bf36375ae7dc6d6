package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/topology"
)

// prepare finds the seed for labs with the components and the options' service network
// below a cache folder, and makes it if it is not there. Of several processes that
// want it at once one makes it and the others wait.
func prepare(ctx context.Context, options lab.Options, components component.Set, cache string) (string, error) {
	folder := filepath.Join(cache, "seeds", seedName(components, options.Topology))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", fmt.Errorf("make the folder of prepared states: %w", err)
	}
	lock := flock.New(folder + ".lock")
	defer lock.Unlock()
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("lock the prepared state, which another process may be making: %w", err)
	}
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	partial := folder + ".partial"
	if err := errors.Join(os.RemoveAll(partial), os.Mkdir(partial, 0o700)); err != nil {
		return "", fmt.Errorf("make the folder of the prepared state: %w", err)
	}
	options.Name = "prepare-" + options.Topology.Name
	if _, err := up(ctx, options, components, labinit.Spec{Prepare: partial}); err != nil {
		return "", errors.Join(fmt.Errorf("prepare the control plane's state: %w", err), os.RemoveAll(partial))
	}
	if err := os.Rename(partial, folder); err != nil {
		return "", fmt.Errorf("save the prepared state: %w", err)
	}
	return folder, nil
}

// seedName is made of what a seed depends on: the components, by the names of
// their folders, which end in a key, and the service network.
func seedName(components component.Set, t *topology.Topology) string {
	var names []string
	for _, folder := range programFolders(components) {
		names = append(names, filepath.Base(filepath.Dir(folder)))
	}
	return strings.Join(append(names, strings.ReplaceAll(t.Services.String(), "/", "-")), "_")
}
