package cluster

import (
	"bytes"
	"context"
	"fmt"

	"sigs.k8s.io/e2e-framework/klient/decoder"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
)

// createWorkload creates what runs in the cluster from the beginning.
func (c *Cluster) createWorkload(ctx context.Context) error {
	client, err := resources.New(c.admin)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	if err := decoder.DecodeEach(ctx, bytes.NewReader(c.config.Workload), decoder.CreateHandler(client)); err != nil {
		return fmt.Errorf("create the workload: %w", err)
	}
	return nil
}
