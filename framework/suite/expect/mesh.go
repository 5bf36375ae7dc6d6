package expect

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// Mesh waits until the sessions agree with the oracle, and then counts without
// it: every node has an established mesh session with every other, and no other session.
func Mesh(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	gomega.Eventually(Sessions(l)).WithContext(ctx).Should(Agree())
	got, err := observe.Sessions(ctx, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	nodes := l.Topology().Nodes()
	for _, node := range nodes {
		gomega.Expect(got[node.Name]).To(gomega.HaveLen(len(nodes)-1), "sessions of %s", node.Name)
		for _, s := range got[node.Name] {
			gomega.Expect(s.State).To(gomega.Equal(session.Established), "%s: %s", node.Name, s)
			gomega.Expect(s.Kind).To(gomega.Equal(session.NodeToNodeMesh), "%s: %s", node.Name, s)
		}
	}
}

// PodRoutesGoWithMesh loses the mesh and expects that every node keeps the blackholes of
// its own blocks and the routes to its own pods, and none to another node, as BIRD makes
// those of what it hears in the mesh.
func PodRoutesGoWithMesh(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	l.LoseMesh(ctx)
	gomega.Eventually(Routes(l, PodRoutes(l))).WithContext(ctx).Should(Agree())
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		gomega.Expect(observed.DevicesTo(ctx, l, p)).To(gomega.BeEmpty(), "from %s to %s", p.From.Name, p.To.Name)
	}
}

// PodRoutesOutliveMesh loses the mesh and expects that every node keeps exactly
// the routes into the pod network that it had, as it does where BGP does not make them.
func PodRoutesOutliveMesh(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	before := map[string]route.Table{}
	for _, node := range l.Topology().Nodes() {
		before[node.Name] = observed.Table(ctx, l, node.Name).Within(l.Topology().Pods...)
	}
	l.LoseMesh(ctx)
	gomega.Eventually(Routes(l, PodRoutes(l))).WithContext(ctx).Should(Agree())
	for name, table := range before {
		gomega.Expect(table).NotTo(gomega.BeEmpty(), name)
		gomega.Expect(observed.Table(ctx, l, name).Within(l.Topology().Pods...)).To(gomega.Equal(table), name)
	}
}
