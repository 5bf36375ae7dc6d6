package suite

// expectedError is a line at the level of an error that a component writes though all is
// well, or that specs bring about on purpose.
type expectedError struct {
	// component is its name; empty for all.
	component string
	// contains is what every such line contains.
	contains string
	// because is why it is expected.
	because string
}

// expectedErrors lists what logs may contain.
func expectedErrors() []expectedError {
	return []expectedError{
		{"", "<FATAL> Shutdown completed", "BIRD ends by SIGTERM as it was asked to; it has no lower level for that. An end that nobody asked for is a fault of its own"},
		{"calico-felix", "Second attempt at updating routing table failed. Will retry later.",
			"Felix routes a borrowed address of a pod on its own node through the node's own address until it has heard of the pod. The kernel refuses such a route (EINVAL), and Felix retries"},
		{"bird", "Invalid NEXT_HOP attribute in route",
			"while a mode changes, a neighbour announces a next hop that the router does not reach yet. BIRD treats the route as withdrawn"},
		{"calico-confd", "error calling getv: key does not exist: /bgp/v1/host/",
			"a spec deletes the Node: confd there finds no address of it and leaves BIRD's files as they are until the Node is back"},
		{"calico-confd", "Unable to open included file /etc/calico/confd/config/bird_",
			"a confd whose container is new has BIRD check bird.cfg before it has written a file that this one includes. It does so again with the next file"},
		{"calico-complete-startup", "fatal error: all goroutines are asleep - deadlock!",
			"it sleeps forever when its work is done. Go ends a program without cgo, as a lab's is, once its last connection is closed; it is started again as runit does"},
		{"calico-monitor-addresses", "Unable to set node resource configuration, retrying... error=update conflict: Node(",
			"somebody else has changed the Node between its read and its update. It looks again after its interval (MonitorIPAddressSubnets in node/pkg/lifecycle/startup/startup.go)"},
		{"calico-monitor-addresses", "Unable to set node resource configuration, retrying... error=operation Create is not supported on Node(",
			"after such a conflict its two retries have no resource version any more, and are creations"},
		{"calico-tunnel-addresses", "error=update conflict: Node(",
			"somebody else has changed the Node between the service's read and its update. It ends, is started again as runit does, and allots the address then (node/pkg/allocateip/allocateip.go)"},
	}
}
