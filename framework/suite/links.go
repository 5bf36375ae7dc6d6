package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
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
