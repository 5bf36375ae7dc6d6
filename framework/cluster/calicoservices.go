package cluster

// calicoServices are the commands of those services of Calico's container that a node of
// a lab can run, by their names there (node/filesystem/etc/service/available). Its start
// script, node/filesystem/etc/rc.local, runs startupCommand and tunnelAddressCommand before
// it enables any of them.
func calicoServices() map[string][]string {
	return map[string][]string{
		"allocate-tunnel-addrs": {"calico-node", "-allocate-tunnel-addrs"},
		"complete-startup":      {"calico-node", "-complete-startup"},
		"monitor-addresses":     {"calico-node", "-monitor-addresses"},
		"node-status-reporter":  {"calico-node", "-status-reporter"},
		"bird":                  {"bird", "-R", "-s", nodeBIRD().Socket, "-d", "-c", nodeBIRD().Files[0]},
		"confd":                 {"calico-node", "-confd"},
		"felix":                 {"calico-node", "-felix"},
	}
}

// startupCommand prepares a node before any service runs.
func startupCommand() []string { return []string{"calico-node", "-startup"} }

// tunnelAddressCommand allots the addresses of the node's tunnel devices, if there are any.
func tunnelAddressCommand() []string {
	return []string{"calico-node", "-allocate-tunnel-addrs", "-allocate-tunnel-addrs-run-once"}
}

// shutdownCommand is what Calico's manifest has run before the container ends (preStop).
func shutdownCommand() []string { return []string{"calico-node", "-shutdown"} }

// enabled are the services that rc.local enables with a backend (CALICO_NETWORKING_BACKEND),
// of those that a node can run.
func enabled(backend string) []string {
	services := []string{"complete-startup", "felix"}
	if backend != backendNone {
		services = append(services, "monitor-addresses")
	}
	services = append(services, "allocate-tunnel-addrs", "node-status-reporter")
	if usesBIRD(backend) {
		services = append(services, "bird", "confd")
	}
	return services
}

// Values of CALICO_NETWORKING_BACKEND with which no BIRD runs.
const (
	backendNone  = "none"
	backendVXLAN = "vxlan"
)

// usesBIRD reports whether BIRD and confd run with a backend.
func usesBIRD(backend string) bool { return backend != backendNone && backend != backendVXLAN }

// componentOf is the name of the component that a service of Calico's container is.
func componentOf(service string) string {
	switch service {
	case "bird":
		return birdComponent
	case "allocate-tunnel-addrs":
		return "calico-tunnel-addresses"
	}
	return "calico-" + service
}
