package cluster

// calicoServices are the commands of those services of Calico's container that a node of
// a lab runs, by their names there (node/filesystem/etc/service/available). Its start
// script, node/filesystem/etc/rc.local, runs startupCommand before it enables any of them.
func calicoServices() map[string][]string {
	return map[string][]string{
		"allocate-tunnel-addrs": {"calico-node", "-allocate-tunnel-addrs"},
		"bird":                  {"bird", "-R", "-s", nodeBIRD().Socket, "-d", "-c", nodeBIRD().Files[0]},
		"confd":                 {"calico-node", "-confd"},
		"felix":                 {"calico-node", "-felix"},
	}
}

// startupCommand prepares a node before any service runs.
func startupCommand() []string { return []string{"calico-node", "-startup"} }
