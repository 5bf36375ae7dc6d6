package kind

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/topology"
)

// namePrefix begins the name of everything that is made in Docker.
const namePrefix = "rackproof-"

// labLabel is the label with the lab's name on containers and networks. Containers
// that kind makes have clusterLabel instead, with the cluster's name.
const (
	labLabel     = "rackproof.lab"
	clusterLabel = "io.x-k8s.kind.cluster"
)

// clusterName is the name of a lab's kind cluster, of its Docker network, and what
// the names of its containers begin with.
func clusterName(lab string) string { return namePrefix + lab }

// switchesContainer is the name of the container in whose network namespace a lab's
// bridges are.
func switchesContainer(lab string) string { return clusterName(lab) + "-switches" }

// containerNames are the names of the hosts' containers, by host. Nodes have the
// names that kind gives them, in the order of the topology: the first is the control
// plane, the others are workers.
func containerNames(lab string, t *topology.Topology) (map[string]string, error) {
	names := map[string]string{}
	hosts := map[string]string{switchesContainer(lab): "the switches"}
	for i, node := range t.Nodes() {
		suffix := "worker"
		switch {
		case i == 0:
			suffix = "control-plane"
		case i > 1:
			suffix = fmt.Sprintf("worker%d", i)
		}
		names[node.Name] = clusterName(lab) + "-" + suffix
		hosts[names[node.Name]] = node.Name
	}
	for _, host := range t.Hosts {
		if host.Role == topology.Node {
			continue
		}
		name := clusterName(lab) + "-" + host.Name
		if other, taken := hosts[name]; taken {
			return nil, t.HostErrorf(host.Name, "the container of %s would be named %s, as that of %s is: rename the host", host.Name, name, other)
		}
		names[host.Name], hosts[name] = name, host.Name
	}
	return names, nil
}
