package observe

import (
	"context"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// View reads all that the oracle computes off the hosts of a lab.
func View(ctx context.Context, l lab.Lab, routers []fabric.Router) (snapshot.View, error) {
	var v snapshot.View
	var err error
	if v.Sessions, err = Sessions(ctx, l); err != nil {
		return v, err
	}
	if v.Tables, err = KernelTables(ctx, l); err != nil {
		return v, err
	}
	if v.Paths, err = Paths(ctx, l, routers); err != nil {
		return v, err
	}
	v.VTEPs, err = VTEPs(ctx, l, l.Mode().VXLANDevice())
	return v, err
}
