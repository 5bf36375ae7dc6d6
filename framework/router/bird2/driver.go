package bird2

import (
	"context"
	"path"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Name is what topologies call BIRD 2.
const Name topology.Software = "bird2"

// Driver is BIRD 2 on a router of the fabric.
type Driver struct{}

// Name implements router.Driver.
func (Driver) Name() topology.Software { return Name }

// Image implements router.Driver: no image of labs on kind has BIRD 2.
func (Driver) Image() string { return "" }

// Origin implements router.Driver.
func (Driver) Origin() route.Origin { return route.OriginBIRD }

// Reconfigure implements router.Driver. BIRD ends those sessions only that change, and
// goes on as before with a file that it does not accept.
func (Driver) Reconfigure(ctx context.Context, dial router.Dialer, _, _ fabric.Router) (restart bool, err error) {
	client, err := bird.Dial(ctx, dial, socket)
	if err != nil {
		return false, err
	}
	defer client.Close()
	return false, client.Configure(ctx)
}

// Verify implements router.Driver: it waits for BIRD's greeting. BIRD makes its socket
// before it reads its configuration and answers after that, or ends without an answer.
func (Driver) Verify(ctx context.Context, dial router.Dialer, _ fabric.Router) error {
	client, err := bird.Dial(ctx, dial, socket)
	if err != nil {
		return err
	}
	return client.Close()
}

// Sessions implements router.Driver.
func (Driver) Sessions(ctx context.Context, host router.Host) ([]session.Session, error) {
	client, err := bird.Dial(ctx, host.DialContext, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	protocols, err := client.Protocols(ctx)
	if err != nil {
		return nil, err
	}
	sessions := make([]session.Session, 0, len(protocols))
	for _, p := range protocols {
		sessions = append(sessions, p.Session)
	}
	return session.Sorted(sessions), nil
}

// Paths implements router.Driver.
func (Driver) Paths(ctx context.Context, host router.Host) ([]router.Path, error) {
	client, err := bird.Dial(ctx, host.DialContext, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	table, err := paths(ctx, client, "show route all")
	if err != nil {
		return nil, err
	}
	// BIRD joins equal paths on their way to the kernel only.
	joined, err := paths(ctx, client, "show route all export "+kernelProtocol)
	if err != nil {
		return nil, err
	}
	return bird.Learned(table, joined), nil
}

// Evidence implements router.Driver.
func (Driver) Evidence(ctx context.Context, host router.Host, _ fabric.Router) []router.Record {
	config, err := host.ReadFile(configFile)
	return append(bird.ReadEvidence(ctx, host, socket), router.Record{File: path.Base(configFile), Data: config, Err: err})
}
