package observed

import (
	"context"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/suite"
)

// Paths are the paths that one node or router has from its BGP neighbours.
func Paths(ctx context.Context, l *suite.Lab, host string) (path.Paths, error) {
	return observe.PathsOf(ctx, l.Lab, l.Routers(), host)
}
