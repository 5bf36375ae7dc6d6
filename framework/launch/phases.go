package launch

// Phases are the phases of a bring-up, in the order in which they begin. Some run
// side by side: the routers beside the cluster, the sessions beside the pods.
func Phases() []string {
	return []string{"namespaces", "routers", "control plane", "nodes", "sessions", "pods"}
}
