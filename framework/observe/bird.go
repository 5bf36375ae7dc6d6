package observe

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
)

// BIRD connects to a node's BIRD of a family. The caller closes the client.
func BIRD(ctx context.Context, host lab.Host, family route.Family) (*bird.Client, error) {
	client, err := bird.Dial(ctx, remote{host}.DialContext, bird.OnNode(family).Socket)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return client, nil
}

// BIRDRoutes reads the routes that a node's BIRDs have, those that they do not prefer too.
func BIRDRoutes(ctx context.Context, host lab.Host, families []route.Family) ([]bird.Path, error) {
	var all []bird.Path
	for _, family := range families {
		client, err := BIRD(ctx, host, family)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		paths, err := client.Routes(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", host.Name(), err)
		}
		all = append(all, paths...)
	}
	return all, nil
}

// Restarting reads the neighbors that a node's BIRDs take to be restarting, each with when its
// session last changed in BIRD's own words.
func Restarting(ctx context.Context, host lab.Host, families []route.Family) (map[netip.Addr]string, error) {
	all := map[netip.Addr]string{}
	err := onProtocols(ctx, host, families, func(_ *bird.Client, p bird.Protocol) error {
		if p.Restarting {
			all[p.Session.Peer] = p.Since
		}
		return nil
	})
	return all, err
}

// Exports reads what a node's BIRDs export to each peer with which they have an
// established session, by the peer's address.
func Exports(ctx context.Context, host lab.Host, families []route.Family) (map[netip.Addr][]netip.Prefix, error) {
	exports := map[netip.Addr][]netip.Prefix{}
	err := onProtocols(ctx, host, families, func(client *bird.Client, p bird.Protocol) error {
		if p.Session.State != session.Established {
			return nil
		}
		paths, err := client.Exported(ctx, p.Name)
		if err != nil {
			return fmt.Errorf("%s: read its exports to %s: %w", host.Name(), p.Session.Peer, err)
		}
		prefixes := []netip.Prefix{}
		for _, path := range paths {
			prefixes = append(prefixes, path.Prefix)
		}
		exports[p.Session.Peer] = prefixes
		return nil
	})
	return exports, err
}

// onProtocols does something with every BGP protocol of a node's BIRDs.
func onProtocols(ctx context.Context, host lab.Host, families []route.Family, do func(*bird.Client, bird.Protocol) error) error {
	for _, family := range families {
		client, err := BIRD(ctx, host, family)
		if err != nil {
			return err
		}
		defer client.Close()
		protocols, err := client.Protocols(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", host.Name(), err)
		}
		for _, p := range protocols {
			if err := do(client, p); err != nil {
				return err
			}
		}
	}
	return nil
}
