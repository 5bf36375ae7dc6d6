package inside

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// startRouters starts all routers of the fabric side by side.
func (l *running) startRouters(ctx context.Context) error {
	tasks, _ := errgroup.WithContext(ctx)
	for _, router := range l.spec.Routers {
		tasks.Go(func() error {
			if err := l.startFRR(router); err != nil {
				return fmt.Errorf("%s: start FRR: %w", router.Host, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}
