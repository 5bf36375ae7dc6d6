package canal

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// restart starts a node's flannel again, and waits until it says that it is up.
func restart(ctx SpecContext, lab *suite.Lab, node string) {
	GinkgoHelper()
	lab.StopComponent(ctx, node, suite.Flannel)
	start(ctx, lab, node)
}

// start starts a node's flannel, which is down, and waits until it says that it is up.
func start(ctx SpecContext, lab *suite.Lab, node string) {
	GinkgoHelper()
	began := time.Now().Truncate(time.Second)
	lab.StartComponent(ctx, node, suite.Flannel)
	Eventually(func(ctx context.Context) (time.Time, error) { return saidUp(ctx, lab, node) }).WithContext(ctx).Should(BeTemporally(">=", began), node)
}

// saidUp is when a node's flannel has last set the node's condition NetworkUnavailable, to
// the second: the last thing that it does when it starts.
func saidUp(ctx context.Context, lab *suite.Lab, name string) (time.Time, error) {
	var node corev1.Node
	err := lab.Client.Resources().Get(ctx, name, "", &node)
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeNetworkUnavailable {
			return c.LastHeartbeatTime.Time, err
		}
	}
	return time.Time{}, err
}

func restarts(lab *suite.Lab) {
	Context("restarts of flannel", Needs(EnterPods, RestartComponents), Label("changes"), func() {
		Requirement("CAN-050", "packets between pods MUST NOT be lost while a node's flannel is down, nor when it starts again", Label("traffic"), Timing(probe.Late), func(ctx SpecContext) {
			meters := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, topology.AllPairs)...)
			for _, node := range lab.Topology().Nodes() {
				lab.StopComponent(ctx, node.Name, suite.Flannel)
				expect.PodsReach(ctx, lab, topology.AllPairs)
				start(ctx, lab, node.Name)
			}
			expect.PodsReach(ctx, lab, topology.AllPairs)
			meters.ExpectNoLoss(ctx)
		})

		Requirement("CAN-051", "a flannel that starts again MUST put back what its node has lost with the address of flannel.1: routes and neighbours", Needs(ChangeInterfaces), Label("routes"), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0].Name
			wire.FlapAddress(lab, node, calico.FlannelDevice)
			Expect(expect.Routes(lab, expect.PodRoutes(lab))(ctx)).NotTo(expect.Agree())
			restart(ctx, lab, node)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.VTEPs(lab)).WithContext(ctx).Should(expect.Agree())
			expect.PodsReach(ctx, lab, topology.AcrossRacks)
		})
	})
}
