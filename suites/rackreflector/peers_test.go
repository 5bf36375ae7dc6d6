package rackreflector

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Article 3's labels: which rack's reflectors a node belongs to, and that it is one.
const (
	groupLabel     = "rr-group"
	reflectorLabel = "rr-id"
)

// groupOf is the value of the group label of a rack's nodes.
func groupOf(ctx SpecContext, lab *suite.Lab, r rack) string {
	GinkgoHelper()
	group, err := lab.Calico.NodeLabel(ctx, r.reflectors[0].Name, groupLabel)
	Expect(err).NotTo(HaveOccurred())
	Expect(group).NotTo(BeNil(), "label %s of %s", groupLabel, r.reflectors[0].Name)
	return *group
}

// isLeaf reports whether an address is one of the rack's leaf.
func isLeaf(r rack, address netip.Addr) bool {
	return slices.ContainsFunc(r.leaf.Interfaces, func(port topology.Interface) bool { return port.Has(address) })
}

// changeLeafPeers changes the BGPPeers by which reflectors peer with their leaves.
func changeLeafPeers(ctx SpecContext, lab *suite.Lab, state oracle.State, change func(*v3.BGPPeerSpec)) {
	GinkgoHelper()
	changed := 0
	for _, peer := range state.Resources.BGPPeers {
		if peer.Spec.PeerIP != "" {
			lab.ChangeBGPPeer(ctx, peer.Name, change)
			changed++
		}
	}
	Expect(changed).To(Equal(len(lab.Topology().Leaves())), "BGPPeers to leaves")
}

// dismiss makes an ordinary node of a reflector, until the spec ends.
func dismiss(ctx SpecContext, lab *suite.Lab, reflector topology.Host) {
	GinkgoHelper()
	workload.UnlabelNode(ctx, lab, reflector.Name, reflectorLabel)
	lab.AnnotateNode(ctx, reflector.Name, calico.ReflectorClusterIDAnnotation, nil)
}
