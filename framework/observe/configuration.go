package observe

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// BIRDConfiguration is what confd has written for a node's BIRD.
type BIRDConfiguration []byte

// Configuration reads what confd has written for a node's BIRD.
func Configuration(host lab.Host) (BIRDConfiguration, error) {
	var all BIRDConfiguration
	for _, name := range []string{"bird.cfg", "bird_aggr.cfg", "bird_ipam.cfg"} {
		data, err := host.ReadFile(nodeConfigDirectory + "/" + name)
		if err != nil {
			return nil, fmt.Errorf("%s: read BIRD's configuration: %w", host.Name(), err)
		}
		all = append(append(all, data...), 0)
	}
	return all, nil
}

// Equal tells whether two are the same.
func (c BIRDConfiguration) Equal(other BIRDConfiguration) bool { return bytes.Equal(c, other) }

// birdClock is how much earlier than it was BIRD 1.6 may say that something was: its
// clock has whole seconds, and begins them at moments of its own.
const birdClock = time.Second

// Runs tells whether a node's BIRD runs a configuration that it has read at a time or
// later, as far as its clock tells: up to two seconds before count too.
func Runs(ctx context.Context, host lab.Host, since time.Time) (bool, error) {
	client, err := BIRD(ctx, host)
	if err != nil {
		return false, err
	}
	defer client.Close()
	status, err := client.Status(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return !status.Reconfiguring && !status.LastReconfiguration.Before(since.Truncate(time.Second).Add(-birdClock)), nil
}
