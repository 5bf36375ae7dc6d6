package observed

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
)

// KernelTable reads the main table of a host's kernel.
func KernelTable(_ context.Context, l *suite.Lab, host string) (route.Table, error) {
	at, err := l.Host(host)
	if err != nil {
		return nil, err
	}
	entry, ok := l.Topology().Host(host)
	if !ok {
		return nil, fmt.Errorf("%s is no host of topology %s", host, l.Topology().Name)
	}
	return observe.KernelTable(at, entry.Families())
}

// Table is what KernelTable reads. A table that cannot be read fails the spec.
func Table(ctx context.Context, l *suite.Lab, host string) route.Table {
	ginkgo.GinkgoHelper()
	table, err := KernelTable(ctx, l, host)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return table
}

// RouteTo is a host's route to exactly a prefix, of which there has to be one.
func RouteTo(ctx context.Context, l *suite.Lab, host string, prefix netip.Prefix) route.Route {
	ginkgo.GinkgoHelper()
	var found route.Table
	for _, r := range Table(ctx, l, host) {
		if r.Prefix == prefix {
			found = append(found, r)
		}
	}
	gomega.Expect(found).To(gomega.HaveLen(1), "routes of %s to %s", host, prefix)
	return found[0]
}

// DevicesTo are the interfaces by which the first node of a pair sends to the blocks of
// the second, one for each next hop.
func DevicesTo(ctx context.Context, l *suite.Lab, p NodePair) []string {
	ginkgo.GinkgoHelper()
	var names []string
	table := Table(ctx, l, p.From.Name)
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

// BIRDPodRoutes counts BIRD's routes into the pod network, on all hosts.
func BIRDPodRoutes(ctx context.Context, l *suite.Lab) (int, error) {
	tables, err := observe.KernelTables(ctx, l.Lab)
	count := 0
	for _, table := range tables {
		count += len(table.From(route.OriginBIRD).Within(l.Topology().Pods...))
	}
	return count, err
}
