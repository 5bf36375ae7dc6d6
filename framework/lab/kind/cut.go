package kind

import (
	"context"

	"github.com/rackproof/rackproof/framework/lab/link"
)

// CutLink implements lab.LinkCutter.
func (l *Lab) CutLink(ctx context.Context, name string) error {
	return link.Links{Lab: l}.CutLink(ctx, name)
}

// RestoreLink implements lab.LinkCutter.
func (l *Lab) RestoreLink(ctx context.Context, name string) error {
	return link.Links{Lab: l}.RestoreLink(ctx, name)
}

// CutEnd implements lab.EndCutter.
func (l *Lab) CutEnd(ctx context.Context, name, host string) error {
	return link.Links{Lab: l}.CutEnd(ctx, name, host)
}

// RestoreEnd implements lab.EndCutter.
func (l *Lab) RestoreEnd(ctx context.Context, name, host string) error {
	return link.Links{Lab: l}.RestoreEnd(ctx, name, host)
}
