package observe

import (
	"context"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
)

// Routers finds out what the routers of a lab are configured to do now, in the order
// of the topology: what the lab says, or, where a lab's routers cannot be configured
// anew, what its mode has them do.
func Routers(ctx context.Context, l lab.Lab) ([]fabric.Router, error) {
	if controller, ok := l.(lab.RouterController); ok {
		return controller.Routers(ctx)
	}
	return fabric.Plan(l.Topology(), l.Mode())
}
