package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/requirement"
)

// CutLink cuts a link until the spec ends or RestoreLink is called.
func (l *Lab) CutLink(ctx context.Context, link string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.CutLinks)
	cutter, err := lab.LinkCutterOf(l.Lab)
	succeed(err, "cut link %s", link)
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
	cutter, err := lab.LinkCutterOf(l.Lab)
	succeed(err, "restore link %s", link)
	succeed(cutter.RestoreLink(ctx, link), "restore link %s", link)
	delete(l.cut, link)
}

// CutEnd cuts one host off a link that joins several, until the spec ends or
// RestoreEnd is called.
func (l *Lab) CutEnd(ctx context.Context, link, host string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.CutEnds)
	cutter, err := lab.EndCutterOf(l.Lab)
	succeed(err, "cut %s off link %s", host, link)
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
	cutter, err := lab.EndCutterOf(l.Lab)
	succeed(err, "join %s to link %s again", host, link)
	succeed(cutter.RestoreEnd(ctx, link, host), "join %s to link %s again", host, link)
	delete(l.cutEnds, oracle.End{Link: link, Host: host})
}
