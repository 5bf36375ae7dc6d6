package suite

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
)

// CutLink cuts a link until the spec ends or RestoreLink is called.
func (l *Lab) CutLink(ctx context.Context, link string) {
	ginkgo.GinkgoHelper()
	cutter, ok := l.Lab.(lab.LinkCutter)
	if !ok {
		ginkgo.Skip("unable: this lab's links cannot be cut")
	}
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if l.cut[link] {
			l.RestoreLink(ctx, link)
		}
	})
	l.cut[link] = true
	gomega.Expect(cutter.CutLink(ctx, link)).To(gomega.Succeed())
}

// RestoreLink undoes CutLink.
func (l *Lab) RestoreLink(ctx context.Context, link string) {
	ginkgo.GinkgoHelper()
	gomega.Expect(l.Lab.(lab.LinkCutter).RestoreLink(ctx, link)).To(gomega.Succeed())
	delete(l.cut, link)
}

// CutEnd cuts one host off a link that joins several, until the spec ends or
// RestoreEnd is called.
func (l *Lab) CutEnd(ctx context.Context, link, host string) {
	ginkgo.GinkgoHelper()
	cutter, ok := l.Lab.(lab.LinkCutter)
	if !ok {
		ginkgo.Skip("unable: this lab's links cannot be cut")
	}
	end := oracle.End{Link: link, Host: host}
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if l.cutEnds[end] {
			l.RestoreEnd(ctx, link, host)
		}
	})
	l.cutEnds[end] = true
	gomega.Expect(cutter.CutEnd(ctx, link, host)).To(gomega.Succeed(), fmt.Sprintf("cut %s off link %s", host, link))
}

// RestoreEnd undoes CutEnd.
func (l *Lab) RestoreEnd(ctx context.Context, link, host string) {
	ginkgo.GinkgoHelper()
	gomega.Expect(l.Lab.(lab.LinkCutter).RestoreEnd(ctx, link, host)).To(gomega.Succeed())
	delete(l.cutEnds, oracle.End{Link: link, Host: host})
}
