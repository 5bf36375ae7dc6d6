package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// ErrNoRunningConfiguration is the error for router software that cannot show what it runs.
// BIRD cannot: its answer to `configure`, which the lab reads, is all that it says.
var ErrNoRunningConfiguration = errors.New("this software does not show the configuration that it runs")

// RunningConfiguration reads the configuration that a router of the fabric runs, in the
// software's own words. Two of one router are to be compared to the byte and not to be read.
func RunningConfiguration(ctx context.Context, host lab.Host, software topology.Software) (string, error) {
	if software != topology.FRR {
		return "", fmt.Errorf("%s: %w", host.Name(), ErrNoRunningConfiguration)
	}
	text, err := frr.Query(ctx, host.DialContext, "show running-config")
	if err != nil {
		return "", fmt.Errorf("%s: read its running configuration: %w", host.Name(), err)
	}
	return string(text), nil
}
