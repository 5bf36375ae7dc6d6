package sabotage

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
)

// addresses are defects of who has which address.
func addresses() []Defect {
	return []Defect{
		{
			ID: "address-router-id", Kind: Address, What: "a node's BIRD has the BGP identifier of another address",
			Red: []string{"sessions"}, Green: []string{"traffic"},
			Aim: wrongRouterID,
		},
	}
}

// wrongRouterID gives a node's BIRD its management address as BGP identifier.
func wrongRouterID(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	wrong := node.Management
	spoiling := b.edited(node, "bird.cfg", fmt.Sprintf(`s/^router id .*/router id %s;/`, wrong), wrong.String())
	spoiling.Present = b.routerIDIs(node.Name, wrong)
	return spoiling, nil
}

func (b *Bench) routerIDIs(node string, id netip.Addr) func(context.Context) error {
	return func(ctx context.Context) error {
		at, err := b.Lab.Host(node)
		if err != nil {
			return err
		}
		client, err := observe.BIRD(ctx, at, route.IPv4)
		if err != nil {
			return err
		}
		defer client.Close()
		status, err := client.Status(ctx)
		if err == nil && status.RouterID != id {
			err = fmt.Errorf("BIRD on %s has the identifier %s", node, status.RouterID)
		}
		return err
	}
}
