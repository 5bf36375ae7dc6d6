package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is the interval of tries to take a lock that another build holds.
const lockPoll = 100 * time.Millisecond

// lock waits until no other build uses the cache. The kernel gives the lock up
// when its holder ends, however it ends.
func lock(ctx context.Context, path string, progress *progress) (unlock func(), err error) {
	file := flock.New(path, flock.SetPermissions(0o644))
	taken, err := file.TryLock()
	if err == nil && !taken {
		progress.say("another build is running%s, waiting for it", holder(path))
		_, err = file.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the components' cache folder: %s: %w", path, cmp.Or(context.Cause(ctx), err))
	}
	// The number in the file is for people only.
	if err := os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the components' cache folder: %w", err), file.Unlock())
	}
	return func() { _ = file.Unlock() }, nil
}

func holder(path string) string {
	content, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(content)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
