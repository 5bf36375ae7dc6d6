package observe

import (
	"context"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/path"
)

// Paths reads what all nodes and routers of a lab have learned by BGP, used or
// not, in the words of the oracle. With an error come the paths of those hosts that
// could be read.
func Paths(ctx context.Context, l lab.Lab, routers []fabric.Router) (path.Tables, error) {
	return fromEach(ctx, l, pathReaders(l, routers))
}

// PathsOf reads what one node or router has learned, as Paths does.
func PathsOf(ctx context.Context, l lab.Lab, routers []fabric.Router, host string) (path.Paths, error) {
	return fromOne(ctx, l, pathReaders(l, routers), host)
}

func pathReaders(l lab.Lab, routers []fabric.Router) map[string]func(context.Context, lab.Host) (path.Paths, error) {
	readers := map[string]func(context.Context, lab.Host) (path.Paths, error){}
	for _, node := range birdNodes(l) {
		readers[node.Name] = func(ctx context.Context, host lab.Host) (path.Paths, error) {
			return attributes(NodePaths(ctx, host, node.Families()))
		}
	}
	for _, router := range routers {
		readers[router.Host] = func(ctx context.Context, host lab.Host) (path.Paths, error) {
			return attributes(RouterPaths(ctx, host, router.Software))
		}
	}
	return readers
}

// attributes keeps those parts of paths that oracle and observation share. It drops
// paths that are kept for a restarting neighbour: the oracle computes a fabric at rest.
func attributes(paths []Path, err error) (path.Paths, error) {
	shared := make(path.Paths, 0, len(paths))
	for _, p := range paths {
		if !p.Stale {
			shared = append(shared, p.Path)
		}
	}
	return shared.Sorted(), err
}
