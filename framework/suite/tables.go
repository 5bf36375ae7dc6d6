package suite

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
)

// KernelTable reads the main table of a host's kernel.
func (l *Lab) KernelTable(_ context.Context, host string) (route.Table, error) {
	at, err := l.Host(host)
	if err != nil {
		return nil, err
	}
	return observe.KernelTable(at)
}

// TableOf is what KernelTable reads. A table that cannot be read fails the spec.
func (l *Lab) TableOf(ctx context.Context, host string) route.Table {
	ginkgo.GinkgoHelper()
	table, err := l.KernelTable(ctx, host)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return table
}

// RouteTo is a host's route to exactly a prefix, of which there has to be one.
func (l *Lab) RouteTo(ctx context.Context, host string, prefix netip.Prefix) route.Route {
	ginkgo.GinkgoHelper()
	var found route.Table
	for _, r := range l.TableOf(ctx, host) {
		if r.Prefix == prefix {
			found = append(found, r)
		}
	}
	gomega.Expect(found).To(gomega.HaveLen(1), "routes of %s to %s", host, prefix)
	return found[0]
}

// DevicesTo are the interfaces by which the first node of a pair sends to the blocks of
// the second, one for each next hop.
func (l *Lab) DevicesTo(ctx context.Context, p NodePair) []string {
	ginkgo.GinkgoHelper()
	var names []string
	table := l.TableOf(ctx, p.From.Name)
	for _, block := range p.To.Blocks {
		for _, r := range table {
			for _, hop := range r.NextHops {
				if r.Prefix == block {
					names = append(names, hop.Dev)
				}
			}
		}
	}
	return names
}
