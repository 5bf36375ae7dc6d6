package observe

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// ErrNoRunningConfiguration is the error for router software that cannot show what it runs.
var ErrNoRunningConfiguration = router.ErrNoRunningConfiguration

// RunningConfiguration reads the configuration that a router of the fabric runs, in the
// software's own words. Two of one router are to be compared to the byte and not to be read.
func RunningConfiguration(ctx context.Context, host lab.Host, software topology.Software) (string, error) {
	driver, err := drivers.Of(software)
	if err != nil {
		return "", fmt.Errorf("%s: read its running configuration: %w", host.Name(), err)
	}
	text, err := driver.RunningConfiguration(ctx, host)
	if err != nil {
		return "", fmt.Errorf("%s: read its running configuration: %w", host.Name(), err)
	}
	return text, nil
}
