package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// ExpectMesh waits until the sessions agree with the oracle, and then counts without
// it: every node has an established mesh session with every other, and no other session.
func (l *Lab) ExpectMesh(ctx context.Context) {
	ginkgo.GinkgoHelper()
	gomega.Eventually(l.Sessions).WithContext(ctx).Should(Agree())
	got, err := observe.Sessions(ctx, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	nodes := l.topology.Nodes()
	for _, node := range nodes {
		gomega.Expect(got[node.Name]).To(gomega.HaveLen(len(nodes)-1), "sessions of %s", node.Name)
		for _, s := range got[node.Name] {
			gomega.Expect(s.State).To(gomega.Equal(session.Established), "%s: %s", node.Name, s)
			gomega.Expect(s.Kind).To(gomega.Equal(session.NodeToNodeMesh), "%s: %s", node.Name, s)
		}
	}
}

// LoseMesh turns the mesh off until the spec ends, and waits until no node has a session
// any more. The nodes must have no others than the mesh's.
func (l *Lab) LoseMesh(ctx context.Context) {
	ginkgo.GinkgoHelper()
	l.SetMesh(ctx, false)
	gomega.Eventually(l.nodeSessions).WithContext(ctx).Should(gomega.BeZero())
}

// nodeSessions counts the sessions of all nodes, whatever their state.
func (l *Lab) nodeSessions(ctx context.Context) (int, error) {
	got, err := observe.Sessions(ctx, l.Lab)
	count := 0
	for _, node := range l.topology.Nodes() {
		count += len(got[node.Name])
	}
	return count, err
}

// ExpectPodRoutesOutliveMesh loses the mesh and expects that every node keeps exactly
// the routes into the pod network that it had, as it does where BGP does not make them.
func (l *Lab) ExpectPodRoutesOutliveMesh(ctx context.Context) {
	ginkgo.GinkgoHelper()
	before := map[string]route.Table{}
	for _, node := range l.topology.Nodes() {
		before[node.Name] = l.TableOf(ctx, node.Name).Within(l.topology.Pods)
	}
	l.LoseMesh(ctx)
	gomega.Eventually(l.Routes(l.PodRoutes())).WithContext(ctx).Should(Agree())
	for name, table := range before {
		gomega.Expect(table).NotTo(gomega.BeEmpty(), name)
		gomega.Expect(l.TableOf(ctx, name).Within(l.topology.Pods)).To(gomega.Equal(table), name)
	}
}
