package probe

import (
	"context"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/lab"
)

// Attempts makes n attempts side by side, each within Silence. An error is that of the first
// attempt that has one (see Attempt).
func Attempts(ctx context.Context, from lab.Host, to netip.AddrPort, n int) ([]Outcome, error) {
	outcomes := make([]Outcome, n)
	all, ctx := errgroup.WithContext(ctx)
	for i := range outcomes {
		all.Go(func() (err error) {
			outcomes[i], err = Attempt(ctx, from, to, Silence)
			return err
		})
	}
	return outcomes, all.Wait()
}
