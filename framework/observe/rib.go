package observe

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// Path is a way to a prefix that a host has learned by BGP, in no vendor's words.
type Path = router.Path

// RouterPaths reads what a router has learned by BGP, used or not. The paths are
// ordered by prefix, the best one of each prefix first, and then by peer.
func RouterPaths(ctx context.Context, host lab.Host, software topology.Software) ([]Path, error) {
	driver, err := drivers.Of(software)
	if err != nil {
		return nil, fmt.Errorf("%s: read its router: %w", host.Name(), err)
	}
	paths, err := driver.Paths(ctx, remote{host})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return paths, nil
}

// NodePaths reads what a node has learned by BGP, as RouterPaths does.
func NodePaths(ctx context.Context, host lab.Host, families []route.Family) ([]Path, error) {
	var all []Path
	for _, family := range families {
		paths, err := bird.ReadPaths(ctx, remote{host}, bird.OnNode(family).Socket)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", host.Name(), err)
		}
		all = append(all, paths...)
	}
	return all, nil
}
