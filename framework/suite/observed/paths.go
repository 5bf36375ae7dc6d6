package observed

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/suite"
)

// Paths are the paths that one node or router has from its BGP neighbours.
func Paths(ctx context.Context, l *suite.Lab, host string) (path.Paths, error) {
	// Errors of other hosts do not matter here.
	all, err := observe.Paths(ctx, l.Lab, l.Routers())
	paths, ok := all[host]
	if !ok {
		return nil, fmt.Errorf("the BGP paths of %s: %w", host, err)
	}
	return paths, nil
}
