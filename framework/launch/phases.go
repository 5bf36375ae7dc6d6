package launch

import "github.com/rackproof/rackproof/framework/calico"

// Phases are the phases of a bring-up, in the order in which they begin. Some run
// side by side: the routers beside the cluster, the sessions beside the pods.
func Phases(mode *calico.Mode) []string {
	phases := []string{"namespaces", "routers", "control plane", "nodes", "sessions", "pods"}
	if mode.RouteOwner == calico.FelixOwns {
		phases = append(phases, "routes")
	}
	return phases
}
