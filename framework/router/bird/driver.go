package bird

import (
	"context"
	"path"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Name is what topologies call BIRD 1.6.
const Name topology.Software = "bird"

// Driver is BIRD 1.6 on a router of the fabric.
type Driver struct{}

// Name implements router.Driver.
func (Driver) Name() topology.Software { return Name }

// Image implements router.Driver.
func (Driver) Image() string { return "bird" }

// Origin implements router.Driver.
func (Driver) Origin() route.Origin { return route.OriginBIRD }

// Reconfigure implements router.Driver. BIRD ends those sessions only that change, and
// goes on as before with a file that it does not accept.
func (Driver) Reconfigure(ctx context.Context, dial router.Dialer, _, _ fabric.Router) (restart bool, err error) {
	client, err := Dial(ctx, dial, RouterSocket)
	if err != nil {
		return false, err
	}
	defer client.Close()
	return false, client.Configure(ctx)
}

// Verify implements router.Driver: it waits for BIRD's greeting. BIRD makes its socket
// before it reads its configuration and answers after that, or ends without an answer.
func (Driver) Verify(ctx context.Context, dial router.Dialer, _ fabric.Router) error {
	client, err := Dial(ctx, dial, RouterSocket)
	if err != nil {
		return err
	}
	return client.Close()
}

// Sessions implements router.Driver.
func (Driver) Sessions(ctx context.Context, host router.Host) ([]session.Session, error) {
	return ReadSessions(ctx, host, RouterSocket, RouterConfig)
}

// Paths implements router.Driver.
func (Driver) Paths(ctx context.Context, host router.Host) ([]router.Path, error) {
	return ReadPaths(ctx, host, RouterSocket)
}

// Evidence implements router.Driver.
func (Driver) Evidence(ctx context.Context, host router.Host, _ fabric.Router) []router.Record {
	config, err := host.ReadFile(RouterConfig)
	return append(ReadEvidence(ctx, host, RouterSocket), router.Record{File: path.Base(RouterConfig), Data: config, Err: err})
}
