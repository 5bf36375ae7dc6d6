package observe

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
)

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
	sessions, err := nodeSessions(ctx, host)
	if err != nil {
		return nil, err
	}
	client, err := BIRD(ctx, host)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	exports := map[netip.Addr][]netip.Prefix{}
	for _, s := range sessions {
		if s.State != session.Established {
			continue
		}
		paths, err := client.Exported(ctx, protocolName(s))
		if err != nil {
			return nil, fmt.Errorf("%s: what it exports to %s: %w", host.Name(), s.Peer, err)
		}
		prefixes := []netip.Prefix{}
		for _, path := range paths {
			prefixes = append(prefixes, path.Prefix)
		}
		exports[s.Peer] = prefixes
	}
	return exports, nil
}

// protocolName is the name that confd gives a session's protocol in BIRD's
// configuration (confd/etc/calico/confd/templates/bird.cfg.template).
func protocolName(s session.Session) string {
	prefix := "Node_"
	switch s.Kind {
	case session.NodeToNodeMesh:
		prefix = "Mesh_"
	case session.Global:
		prefix = "Global_"
	}
	return prefix + strings.ReplaceAll(s.Peer.String(), ".", "_")
}
