package nodereflector

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// reflectorLabel is what the mode's BGPPeers select reflectors by.
const reflectorLabel = "route-reflector"

// The mode's BGPPeers.
const (
	nodesToReflectors = "nodes-to-reflectors"
	reflectorsToLeaf  = "reflectors-to-leaf0"
)

// roles are the nodes by what they are now.
type roles struct{ reflectors, clients []topology.Host }

// rolesOf tells reflectors and their clients apart.
func rolesOf(state oracle.State) roles {
	GinkgoHelper()
	var r roles
	for _, node := range state.Nodes {
		host, ok := state.Topology.Host(node.Name)
		Expect(ok).To(BeTrue(), node.Name)
		if node.ReflectorClusterID != "" {
			r.reflectors = append(r.reflectors, *host)
		} else {
			r.clients = append(r.clients, *host)
		}
	}
	return r
}

// begin reads the state at the beginning of a spec, when there are two of each.
func begin(ctx SpecContext, lab *suite.Lab) (oracle.State, roles) {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	r := rolesOf(state)
	Expect(len(r.reflectors)).To(BeNumerically(">=", 2), "reflectors")
	Expect(len(r.clients)).To(BeNumerically(">=", 2), "clients")
	return state, r
}

// outside reads the state at the beginning of a spec on a lab whose one reflector is
// outside the cluster.
func outside(ctx SpecContext, lab *suite.Lab) (oracle.State, roles) {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	r := rolesOf(state)
	Expect(topology.Names(r.reflectors)).To(Equal(topology.Names(lab.Topology().ByRole(topology.Reflector))), "reflectors")
	Expect(topology.Names(r.clients)).To(ConsistOf(topology.Names(lab.Topology().Nodes())), "clients")
	return state, r
}

// dismiss makes an ordinary node of a reflector, until the spec ends.
func dismiss(ctx SpecContext, lab *suite.Lab, reflector topology.Host) {
	GinkgoHelper()
	workload.UnlabelNode(ctx, lab, reflector.Name, reflectorLabel)
	lab.AnnotateNode(ctx, reflector.Name, calico.ReflectorClusterIDAnnotation, nil)
}

// clusterID is the cluster ID that all reflectors have.
func clusterID(state oracle.State, r roles) string {
	GinkgoHelper()
	id := ""
	for _, node := range state.Nodes {
		if node.ReflectorClusterID != "" {
			if id == "" {
				id = node.ReflectorClusterID
			}
			Expect(node.ReflectorClusterID).To(Equal(id), "cluster ID of %s", node.Name)
		}
	}
	Expect(r.reflectors).NotTo(BeEmpty())
	return id
}

// isOneOf reports whether a host is among others.
func isOneOf(host topology.Host, hosts []topology.Host) bool {
	return slices.ContainsFunc(hosts, func(h topology.Host) bool { return h.Name == host.Name })
}

// blocksOf are a node's blocks, of which there has to be one.
func blocksOf(state oracle.State, node topology.Host) []netip.Prefix {
	GinkgoHelper()
	blocks := state.Blocks(node.Name)
	Expect(blocks).NotTo(BeEmpty(), "blocks of %s", node.Name)
	return blocks
}
