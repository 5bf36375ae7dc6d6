package cluster

import (
	"context"
	"fmt"
	"syscall"

	"github.com/rackproof/rackproof/framework/cluster/controlplane"
)

// Prepare saves the state of a control plane that has Calico's definitions and
// roles and nothing else, so that clusters can begin with it (controlplane.Local.Seed). To
// install the definitions costs the API server more than its own start, for it
// takes each one in three times over.
//
// The state holds for the versions of the programs and for the topology's service
// network, which the API server keeps in it.
func Prepare(ctx context.Context, config Config, folder string) error {
	c, err := newCluster(config)
	if err != nil {
		return err
	}
	if err := c.startControlPlane(ctx); err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	if err := c.installCalico(ctx); err != nil {
		return err
	}
	for _, name := range []string{"kube-apiserver", "etcd"} {
		if err := config.ControlPlane.Stop(ctx, name, syscall.SIGTERM); err != nil {
			return err
		}
	}
	if err := controlplane.CopySparse(c.file(controlplane.EtcdFolder), folder); err != nil {
		return fmt.Errorf("save the prepared state: %w", err)
	}
	return nil
}
