package suite

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/requirement"
)

// SwitchMode puts the lab into another mode while it is up, and back into its own when
// the spec ends, or the container in whose BeforeAll it is called: see EnterMode.
func (l *Lab) SwitchMode(ctx context.Context, name string, changes ...func(*calico.Resources)) {
	ginkgo.GinkgoHelper()
	l.LeaveMode()
	l.EnterMode(ctx, name, changes...)
}

// LeaveMode puts the lab back into its own mode when the spec ends, or the container in
// whose BeforeAll it is called.
func (l *Lab) LeaveMode() {
	ginkgo.GinkgoHelper()
	// Not that of a spec: this may be a container's.
	s := l.startSettling()
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { s.finish(ctx) })
	s.undo(func(ctx context.Context) { l.enter(ctx, l.mode) })
}

// EnterMode puts the lab into another mode while it is up: Calico's resources become
// those of the mode, and the fabric's routers do what it asks of them. It returns when
// everything is asked for; what the lab makes of it takes time. The oracle expects the
// new mode from then on. Changes are made to the mode's resources before they are asked
// for, so that nothing is asked for twice. Whoever calls it has called LeaveMode before.
func (l *Lab) EnterMode(ctx context.Context, name string, changes ...func(*calico.Resources)) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ConfigureRouters)
	mode, err := fixtures.Mode(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	if calico.EncapsulationOf(mode.Resources.IPPools[0]).ViaIPIP() {
		mode, err = mode.WithRouteOwner(l.suite.options.owner)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
	}
	for _, change := range changes {
		change(&mode.Resources)
	}
	gomega.Expect(mode.Check(l.topology)).To(gomega.Succeed())
	l.enter(ctx, mode)
}

// ModeNow names the mode that the lab is in.
func (l *Lab) ModeNow() string {
	if l.entered == "" {
		return l.mode.Name
	}
	return l.entered
}

func (l *Lab) enter(ctx context.Context, mode *calico.Mode) {
	ginkgo.GinkgoHelper()
	wanted, err := fabric.Plan(l.topology, mode)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	l.entered = mode.Name
	l.configure(ctx, wanted)
	l.applyMode(ctx, mode)
}

// applyMode makes Calico's resources those of a mode. Sessions come before what uses
// them.
func (l *Lab) applyMode(ctx context.Context, mode *calico.Mode) {
	ginkgo.GinkgoHelper()
	succeed := func(err error) {
		ginkgo.GinkgoHelper()
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), "apply mode %s", mode.Name)
	}
	for _, node := range l.topology.CalicoNodes() {
		own, _ := mode.Resources.Node(node.Name)
		annotations := own.Annotations()
		for _, annotation := range []string{calico.ASNumberAnnotation, calico.ReflectorClusterIDAnnotation} {
			var value *string
			if text, ok := annotations[annotation]; ok {
				value = &text
			}
			succeed(l.Calico.AnnotateNode(ctx, node.Name, annotation, value))
		}
		for label, value := range own.Labels {
			succeed(l.Calico.LabelNode(ctx, node.Name, label, &value))
		}
	}
	wanted := func(name string) bool {
		return slices.ContainsFunc(mode.Resources.BGPPeers, func(p v3.BGPPeer) bool { return p.Name == name })
	}
	for _, peer := range mode.Resources.BGPPeers {
		succeed(l.setBGPPeer(ctx, peer.Name, peer.Spec))
	}
	for _, peer := range l.resources(ctx).BGPPeers {
		if !wanted(peer.Name) {
			succeed(l.Calico.DeleteBGPPeer(ctx, peer.Name))
		}
	}
	configuration, _ := mode.Resources.Configuration()
	succeed(l.Calico.UpdateBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { *spec = configuration.Spec }))
	felix := mode.Resources.FelixConfigurations
	if len(felix) == 0 {
		// The settings of another mode end here.
		felix = []v3.FelixConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "default"}}}
	}
	succeed(l.Calico.Apply(ctx, calico.Resources{FelixConfigurations: felix}))
	for _, pool := range mode.Resources.IPPools {
		succeed(l.Calico.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) { *spec = pool.Spec }))
	}
}
