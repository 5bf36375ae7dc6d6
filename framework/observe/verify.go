package observe

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

// VerifyRouter compares what a router of the fabric runs with what it is configured to do,
// as far as its software shows that. FRR does. BIRD does not: its answer to `configure`,
// which the lab reads, is its only word.
func VerifyRouter(ctx context.Context, host lab.Host, router fabric.Router) error {
	driver, err := drivers.Of(router.Software)
	if err == nil {
		err = driver.Verify(ctx, remote{host}.DialContext, router)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", host.Name(), err)
	}
	return nil
}
