package observe

import "github.com/rackproof/rackproof/framework/lab"

// packetEvidence is what tells on which host, and at which step, a packet was lost: the
// counters of interfaces and of the IP layer, neighbours, and what path MTU discovery
// has noted. The commands are iproute2's.
func packetEvidence() map[string][]string {
	return map[string][]string{
		"interfaces.json":  {"ip", "-details", "-statistics", "-json", "address"},
		"neighbours.json":  {"ip", "-statistics", "-json", "neighbour"},
		"route-cache.json": {"ip", "-details", "-json", "route", "show", "cache"},
		"ip-counters.json": {"nstat", "--zeros", "--reset", "--noupdate", "--json"},
	}
}

// filterEvidence is the same for nodes, where Felix and kube-proxy filter and translate:
// every rule with what it has counted, sets of addresses, and connections.
func filterEvidence() map[string][]string {
	return map[string][]string{
		"iptables.txt":  {"iptables-save", "--counters"},
		"ipsets.txt":    {"ipset", "save"},
		"conntrack.txt": {"conntrack", "--dump", "--output", "extended"},
	}
}

// run keeps what commands print on a host.
func (e *evidence) run(host lab.Host, commands map[string][]string) {
	for file, command := range commands {
		output, err := remote{host}.Run(e.ctx, command...)
		e.keep(host.Name(), file, output, err)
	}
}
