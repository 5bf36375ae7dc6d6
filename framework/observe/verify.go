package observe

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// VerifyRouter compares what a router of the fabric runs with what it is configured to do,
// where its software can show that. FRR can. BIRD cannot: its answer to `configure`, which
// the lab reads, is all that it says.
func VerifyRouter(ctx context.Context, host lab.Host, router fabric.Router) error {
	if router.Software != topology.FRR {
		return nil
	}
	if err := frr.Verify(ctx, host.DialContext, router); err != nil {
		return fmt.Errorf("%s: %w", host.Name(), err)
	}
	return nil
}
