package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
)

// Flannel is the component of a node that makes the routes to other nodes' pods in Canal.
const Flannel = "flannel"

// SetFlannel changes the configuration of flannel. A node takes it when its flannel starts
// the next time; the oracle expects it from now on.
func (l *Lab) SetFlannel(ctx context.Context, flannel calico.Flannel) {
	ginkgo.GinkgoHelper()
	var config corev1.ConfigMap
	succeed(l.Client.Resources().Get(ctx, calico.FlannelConfigMap, metav1.NamespaceSystem, &config), "read flannel's configuration")
	config.Data[calico.FlannelConfigKey] = flannel.Config(l.topology.Pods.First())
	succeed(l.Client.Resources().Update(ctx, &config), "change flannel's configuration")
}

// RestoreFlannel gives flannel back the configuration of the lab's mode when the spec ends,
// or the container in whose BeforeAll it is called, and starts it again on every node.
func (l *Lab) RestoreFlannel() {
	ginkgo.GinkgoHelper()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		state, err := l.State(ctx)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		if state.Flannel != nil && *state.Flannel == *l.mode.Flannel {
			return
		}
		l.SetFlannel(ctx, *l.mode.Flannel)
		for _, node := range l.topology.Nodes() {
			l.asked(node.Name, Flannel)
			succeed(l.componentController().StopComponent(ctx, node.Name, Flannel), "stop flannel on %s", node.Name)
			l.startComponent(ctx, node.Name, Flannel)
		}
	})
}
