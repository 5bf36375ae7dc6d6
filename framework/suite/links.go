package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
)

// CutLink cuts a link until the spec ends or RestoreLink is called.
func (l *Lab) CutLink(ctx context.Context, link string) {
	ginkgo.GinkgoHelper()
	cutter, ok := l.Lab.(lab.LinkCutter)
	if !ok {
		unable("cut a link", l.Lab)
	}
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if l.cut[link] {
			l.RestoreLink(ctx, link)
		}
	})
	l.cut[link] = true
	succeed(cutter.CutLink(ctx, link), "cut link %s", link)
}

// RestoreLink undoes CutLink.
func (l *Lab) RestoreLink(ctx context.Context, link string) {
	ginkgo.GinkgoHelper()
	succeed(l.Lab.(lab.LinkCutter).RestoreLink(ctx, link), "restore link %s", link)
	delete(l.cut, link)
}

// CutEnd cuts one host off a link that joins several, until the spec ends or
// RestoreEnd is called.
func (l *Lab) CutEnd(ctx context.Context, link, host string) {
	ginkgo.GinkgoHelper()
	cutter, ok := l.Lab.(lab.LinkCutter)
	if !ok {
		unable("cut a link", l.Lab)
	}
	end := oracle.End{Link: link, Host: host}
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if l.cutEnds[end] {
			l.RestoreEnd(ctx, link, host)
		}
	})
	l.cutEnds[end] = true
	succeed(cutter.CutEnd(ctx, link, host), "cut %s off link %s", host, link)
}

// RestoreEnd undoes CutEnd.
func (l *Lab) RestoreEnd(ctx context.Context, link, host string) {
	ginkgo.GinkgoHelper()
	succeed(l.Lab.(lab.LinkCutter).RestoreEnd(ctx, link, host), "join %s to link %s again", host, link)
	delete(l.cutEnds, oracle.End{Link: link, Host: host})
}
