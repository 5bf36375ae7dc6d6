package suite

import (
	"context"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/steer"
)

// The functions below change Calico's resources until the spec ends. Afterwards a
// resource is as it was before, whatever changed it since.

// RestoreDesign makes Calico's resources and the nodes' settings those of now when the spec
// ends. It is for changes by other programs than this one, such as calicoctl.
func (l *Lab) RestoreDesign(ctx context.Context) {
	ginkgo.GinkgoHelper()
	before, err := l.State(ctx)
	succeed(err, "read the lab's state")
	l.UndoAfter(func(ctx context.Context) {
		for _, node := range before.Nodes {
			for _, annotation := range []string{calico.LabelsAnnotation, calico.AnnotationsAnnotation} {
				succeed(l.Calico.AnnotateNode(ctx, node.Name, annotation, nil), "restore node %s", node.Name)
			}
		}
		now, err := l.State(ctx)
		succeed(err, "read the lab's state")
		succeed(steer.Resources(ctx, l.Calico, now.Resources, before.Resources), "restore Calico's resources")
		succeed(steer.Nodes(ctx, l.Calico, now.Nodes, before.Nodes), "restore the nodes' settings")
	})
}

// ChangeBGPConfiguration changes the default BGPConfiguration.
func (l *Lab) ChangeBGPConfiguration(ctx context.Context, change func(*v3.BGPConfigurationSpec)) {
	ginkgo.GinkgoHelper()
	before, _ := l.resources(ctx).Configuration()
	l.UndoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.UpdateBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { *spec = before.Spec })).To(gomega.Succeed())
	})
	gomega.Expect(l.Calico.UpdateBGPConfiguration(ctx, change)).To(gomega.Succeed())
}

// ApplyBGPConfiguration creates or replaces the BGPConfiguration of one node.
func (l *Lab) ApplyBGPConfiguration(ctx context.Context, node string, spec v3.BGPConfigurationSpec) {
	ginkgo.GinkgoHelper()
	name := "node." + node
	l.UndoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.DeleteBGPConfiguration(ctx, name)).To(gomega.Succeed())
	})
	own := v3.BGPConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	gomega.Expect(l.Calico.Apply(ctx, calico.Resources{BGPConfigurations: []v3.BGPConfiguration{own}})).To(gomega.Succeed())
}

// ApplyBGPPeer creates a BGPPeer, or replaces the one of that name.
func (l *Lab) ApplyBGPPeer(ctx context.Context, name string, spec v3.BGPPeerSpec) {
	ginkgo.GinkgoHelper()
	l.restoreBGPPeer(ctx, name)
	gomega.Expect(l.setBGPPeer(ctx, name, spec)).To(gomega.Succeed())
}

// ChangeBGPPeer changes a BGPPeer that is there.
func (l *Lab) ChangeBGPPeer(ctx context.Context, name string, change func(*v3.BGPPeerSpec)) {
	ginkgo.GinkgoHelper()
	l.restoreBGPPeer(ctx, name)
	gomega.Expect(l.Calico.UpdateBGPPeer(ctx, name, change)).To(gomega.Succeed())
}

// BGPPeers names the BGPPeers that there are.
func (l *Lab) BGPPeers(ctx context.Context) []string {
	ginkgo.GinkgoHelper()
	var names []string
	for _, peer := range l.resources(ctx).BGPPeers {
		names = append(names, peer.Name)
	}
	gomega.Expect(names).NotTo(gomega.BeEmpty(), "BGPPeers")
	return names
}

// DeleteBGPPeer deletes a BGPPeer.
func (l *Lab) DeleteBGPPeer(ctx context.Context, name string) {
	ginkgo.GinkgoHelper()
	l.restoreBGPPeer(ctx, name)
	gomega.Expect(l.Calico.DeleteBGPPeer(ctx, name)).To(gomega.Succeed())
}

// restoreBGPPeer brings a BGPPeer back to what it is now when the spec ends.
func (l *Lab) restoreBGPPeer(ctx context.Context, name string) {
	ginkgo.GinkgoHelper()
	peers := l.resources(ctx).BGPPeers
	i := slices.IndexFunc(peers, func(p v3.BGPPeer) bool { return p.Name == name })
	l.UndoAfter(func(ctx context.Context) {
		if i < 0 {
			gomega.Expect(l.Calico.DeleteBGPPeer(ctx, name)).To(gomega.Succeed())
			return
		}
		gomega.Expect(l.setBGPPeer(ctx, name, peers[i].Spec)).To(gomega.Succeed())
	})
}

// setBGPPeer replaces the whole of a BGPPeer that is there, as applying a part
// would keep what others have set.
func (l *Lab) setBGPPeer(ctx context.Context, name string, spec v3.BGPPeerSpec) error {
	resources, err := l.Calico.Read(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(resources.BGPPeers, func(p v3.BGPPeer) bool { return p.Name == name }) {
		return l.Calico.UpdateBGPPeer(ctx, name, func(s *v3.BGPPeerSpec) { *s = spec })
	}
	peer := v3.BGPPeer{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	return l.Calico.Apply(ctx, calico.Resources{BGPPeers: []v3.BGPPeer{peer}})
}

// ApplyBGPFilter creates a BGPFilter. It is deleted after the BGPPeers that a spec
// has applied later and that name it.
func (l *Lab) ApplyBGPFilter(ctx context.Context, name string, spec v3.BGPFilterSpec) {
	ginkgo.GinkgoHelper()
	l.UndoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.DeleteBGPFilter(ctx, name)).To(gomega.Succeed())
	})
	filter := v3.BGPFilter{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	gomega.Expect(l.Calico.Apply(ctx, calico.Resources{BGPFilters: []v3.BGPFilter{filter}})).To(gomega.Succeed())
}

// ChangeIPPools changes every IP pool. The function that it returns undoes that
// before the spec ends.
func (l *Lab) ChangeIPPools(ctx context.Context, change func(*v3.IPPoolSpec)) (undo func(context.Context)) {
	ginkgo.GinkgoHelper()
	pools := l.resources(ctx).IPPools
	undo = func(ctx context.Context) {
		ginkgo.GinkgoHelper()
		for _, pool := range pools {
			gomega.Expect(l.Calico.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) { *spec = pool.Spec })).To(gomega.Succeed())
		}
	}
	l.UndoAfter(undo)
	for _, pool := range pools {
		gomega.Expect(l.Calico.UpdateIPPool(ctx, pool.Name, change)).To(gomega.Succeed())
	}
	return undo
}

// ApplyIPPool creates an IP pool. It is deleted when the spec ends, and its blocks with
// it, after the pods that the spec has made in it.
func (l *Lab) ApplyIPPool(ctx context.Context, name string, spec v3.IPPoolSpec) {
	ginkgo.GinkgoHelper()
	l.UndoAfter(func(ctx context.Context) {
		cidr, err := netip.ParsePrefix(spec.CIDR)
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), "IP pool %s", name)
		gomega.Expect(l.Calico.DeleteIPPool(ctx, name)).To(gomega.Succeed())
		gomega.Expect(l.Calico.ReleaseBlocks(ctx, cidr)).To(gomega.Succeed())
	})
	pool := v3.IPPool{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	gomega.Expect(l.Calico.Apply(ctx, calico.Resources{IPPools: []v3.IPPool{pool}})).To(gomega.Succeed())
}

// AnnotateNode sets one of a node's Calico settings (calico.ASNumberAnnotation and
// the like); a nil value removes it.
func (l *Lab) AnnotateNode(ctx context.Context, node, annotation string, value *string) {
	ginkgo.GinkgoHelper()
	before, err := l.Calico.NodeAnnotation(ctx, node, annotation)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	l.UndoAfter(func(ctx context.Context) {
		gomega.Expect(l.Calico.AnnotateNode(ctx, node, annotation, before)).To(gomega.Succeed())
	})
	gomega.Expect(l.Calico.AnnotateNode(ctx, node, annotation, value)).To(gomega.Succeed())
}

// resources are Calico's resources as they are now.
func (l *Lab) resources(ctx context.Context) calico.Resources {
	ginkgo.GinkgoHelper()
	resources, err := l.Calico.Read(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return resources
}
