package calico

import (
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/yamlfile"
)

// Backend is what brings routes from node to node beside Felix: calico_backend of Calico's
// manifest, CALICO_NETWORKING_BACKEND of its programs.
type Backend string

// The backends that labs have.
const (
	// BIRDBackend: BGP by BIRD, Calico's default.
	BIRDBackend Backend = "bird"
	// VXLANBackend: none. Nodes run neither BIRD nor confd, and every pool has to be VXLAN.
	VXLANBackend Backend = "vxlan"
)

// WithoutBGP reports whether the mode's nodes speak no BGP.
func (m *Mode) WithoutBGP() bool { return m.Flannel != nil || m.Backend == VXLANBackend }

// checkBackend refuses what does not go with a backend.
func checkBackend(d yamlfile.Document, backend Backend, leafToNode NodePeering, owner RouteOwner) error {
	switch {
	case backend != BIRDBackend && backend != VXLANBackend:
		return d.Errorf("backend", "backend is %q: use %s or %s", backend, BIRDBackend, VXLANBackend)
	case backend == VXLANBackend && leafToNode != NoPeering:
		return d.Errorf("leafToNode", "leafToNode is %s, and with backend %s nodes have no BGP: use %s", leafToNode, backend, NoPeering)
	case backend == VXLANBackend && owner != FelixOwns:
		return d.Errorf("routeOwner", "with backend %s the routes are Felix's: use routeOwner: %s", backend, FelixOwns)
	}
	return nil
}

// checkPoolsOfBackend refuses pools whose routes nobody would make without BGP.
func (m *Mode) checkPoolsOfBackend() []error {
	var problems []error
	for _, pool := range m.Resources.IPPools {
		if m.Backend == VXLANBackend && EncapsulationOf(pool) != VXLAN {
			problems = append(problems, m.Errorf(v3.KindIPPool, pool.Name, "spec.vxlanMode", "with backend %s nobody makes routes but through VXLAN: use vxlanMode: Always", m.Backend))
		}
	}
	return problems
}
