package rackreflector

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// rack is a leaf and what is under it.
type rack struct {
	name                string
	leaf                topology.Host
	reflectors, clients []topology.Host
}

// nodes are all nodes of the rack.
func (r rack) nodes() []topology.Host { return slices.Concat(r.reflectors, r.clients) }

// begin reads the state and the racks at the beginning of a spec, when each rack
// has two reflectors.
func begin(ctx SpecContext, lab *suite.Lab) (oracle.State, []rack) {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	var racks []rack
	for _, leaf := range lab.Topology().Leaves() {
		r := rack{name: leaf.Rack, leaf: leaf}
		for _, node := range state.Nodes {
			host, ok := lab.Topology().Host(node.Name)
			Expect(ok).To(BeTrue(), node.Name)
			switch {
			case host.Rack != leaf.Rack:
			case node.ReflectorClusterID != "":
				r.reflectors = append(r.reflectors, *host)
			default:
				r.clients = append(r.clients, *host)
			}
		}
		Expect(r.reflectors).To(HaveLen(2), "reflectors of %s", r.name)
		Expect(r.clients).NotTo(BeEmpty(), "other nodes of %s", r.name)
		racks = append(racks, r)
	}
	Expect(len(racks)).To(BeNumerically(">=", 2), "racks")
	return state, racks
}

// others are the racks but one.
func others(racks []rack, but rack) []rack {
	return slices.DeleteFunc(slices.Clone(racks), func(r rack) bool { return r.name == but.name })
}

// blocksOf are hosts' blocks, of which there has to be one each.
func blocksOf(state oracle.State, hosts ...topology.Host) []netip.Prefix {
	GinkgoHelper()
	blocks := state.Blocks(topology.Names(hosts)...)
	Expect(len(blocks)).To(BeNumerically(">=", len(hosts)), "blocks of %v", topology.Names(hosts))
	return blocks
}
