package launch

import (
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab/kind"
)

// Phases are the phases of a bring-up, in the order in which they begin. Some run
// side by side: the routers beside the cluster, the sessions beside the pods.
func Phases(provider Provider, mode *calico.Mode) []string {
	phases := []string{"namespaces", "routers", "control plane", "nodes"}
	if provider == KindProvider {
		phases = kind.Phases()
	}
	phases = append(phases, "sessions", "pods")
	if mode.RouteOwner == calico.FelixOwns {
		phases = append(phases, "routes")
	}
	return phases
}
