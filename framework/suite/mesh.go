package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/observe"
)

// SetMesh turns the node-to-node mesh on or off.
func (l *Lab) SetMesh(ctx context.Context, on bool) {
	ginkgo.GinkgoHelper()
	l.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.NodeToNodeMeshEnabled = &on })
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
