package netns

import (
	"context"

	"github.com/rackproof/rackproof/framework/lab/cable"
)

// CutLink implements lab.LinkCutter.
func (l *Lab) CutLink(ctx context.Context, link string) error {
	return cable.Cables{Lab: l}.CutLink(ctx, link)
}

// RestoreLink implements lab.LinkCutter.
func (l *Lab) RestoreLink(ctx context.Context, link string) error {
	return cable.Cables{Lab: l}.RestoreLink(ctx, link)
}

// CutEnd implements lab.LinkCutter.
func (l *Lab) CutEnd(ctx context.Context, link, host string) error {
	return cable.Cables{Lab: l}.CutEnd(ctx, link, host)
}

// RestoreEnd implements lab.LinkCutter.
func (l *Lab) RestoreEnd(ctx context.Context, link, host string) error {
	return cable.Cables{Lab: l}.RestoreEnd(ctx, link, host)
}
