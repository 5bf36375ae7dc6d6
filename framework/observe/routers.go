package observe

import (
	"context"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
)

// Routers reads the present configuration of a lab's routers, in the order of the
// topology: from the lab, or from its mode where a lab's routers cannot be configured
// again.
func Routers(ctx context.Context, l lab.Lab) ([]fabric.Router, error) {
	controller, err := lab.RouterControllerOf(l)
	if err != nil {
		return fabric.Plan(l.Topology(), l.Mode())
	}
	return controller.Routers(ctx)
}
