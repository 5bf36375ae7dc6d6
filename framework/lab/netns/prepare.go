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

	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
)

// Prepare finds the seed for labs with the options' components and service network
// below a cache folder, and makes it if it is not there. Of several processes that
// want it at once one makes it and the others wait.
func Prepare(ctx context.Context, options Options, cache string) (string, error) {
	folder := filepath.Join(cache, "seeds", seedName(options))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", fmt.Errorf("make the folder of prepared states: %w", err)
	}
	lock := flock.New(folder + ".lock")
	defer lock.Unlock()
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for another process that prepares: %w", err)
	}
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	partial := folder + ".partial"
	if err := errors.Join(os.RemoveAll(partial), os.Mkdir(partial, 0o700)); err != nil {
		return "", fmt.Errorf("make the folder of the prepared state: %w", err)
	}
	options.Name = "prepare-" + options.Topology.Name
	if _, err := up(ctx, options, labinit.Spec{Prepare: partial}); err != nil {
		return "", errors.Join(fmt.Errorf("prepare the control plane's state: %w", err), os.RemoveAll(partial))
	}
	if err := os.Rename(partial, folder); err != nil {
		return "", fmt.Errorf("save the prepared state: %w", err)
	}
	return folder, nil
}

// seedName is made of what a seed depends on: the components, by the names of
// their folders, which end in a key, and the service network.
func seedName(options Options) string {
	var names []string
	for _, folder := range programFolders(options.Components) {
		names = append(names, filepath.Base(filepath.Dir(folder)))
	}
	return strings.Join(append(names, strings.ReplaceAll(options.Topology.Services.String(), "/", "-")), "_")
}
