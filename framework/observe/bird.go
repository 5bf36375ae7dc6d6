package observe

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
)

// nodeSocket is where Calico's BIRD has its control socket.
const nodeSocket = "/var/run/calico/bird.ctl"

// nodeConfig is the main file of its configuration, as confd writes it.
const nodeConfig = nodeConfigDirectory + "/bird.cfg"

const nodeConfigDirectory = "/etc/calico/confd/config"

// BIRD connects to a node's BIRD. The caller closes the client.
func BIRD(ctx context.Context, host lab.Host) (*bird.Client, error) {
	return dialBIRD(ctx, host, nodeSocket)
}

func dialBIRD(ctx context.Context, host lab.Host, socket string) (*bird.Client, error) {
	client, err := bird.Dial(ctx, remote{host}.DialContext, socket)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return client, nil
}

// BIRDRoutes reads the routes that a node's BIRD has, those that it does not
// prefer too.
func BIRDRoutes(ctx context.Context, host lab.Host) ([]bird.Path, error) {
	client, err := BIRD(ctx, host)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	paths, err := client.Routes(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return paths, nil
}

// Exports reads what a node's BIRD exports to each peer with which it has an
// established session, by the peer's address.
func Exports(ctx context.Context, host lab.Host) (map[netip.Addr][]netip.Prefix, error) {
	client, err := BIRD(ctx, host)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	protocols, err := client.Protocols(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	exports := map[netip.Addr][]netip.Prefix{}
	for _, p := range protocols {
		if p.Session.State != session.Established {
			continue
		}
		paths, err := client.Exported(ctx, p.Name)
		if err != nil {
			return nil, fmt.Errorf("%s: read its exports to %s: %w", host.Name(), p.Session.Peer, err)
		}
		prefixes := []netip.Prefix{}
		for _, path := range paths {
			prefixes = append(prefixes, path.Prefix)
		}
		exports[p.Session.Peer] = prefixes
	}
	return exports, nil
}
