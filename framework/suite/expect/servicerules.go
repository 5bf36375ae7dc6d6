package expect

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// ServiceRules waits until kube-proxy of every node has written its rules. One of them drops
// packets of connections of which a node sees one direction alone. A lab that is ready has them;
// a kube-proxy that was started again may not.
func ServiceRules(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	service := workload.NewService(ctx, l, workload.ServiceOptions{})
	for _, node := range l.Topology().Nodes() {
		gomega.Eventually(func() (probe.Outcome, error) {
			return probe.Attempt(ctx, l.From(node.Name), service.Addr(service.ClusterIP), probe.Silence)
		}).WithContext(ctx).Should(gomega.Equal(probe.Answered), "service %s from %s", service.Name(), node.Name)
	}
}
