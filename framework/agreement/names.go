package agreement

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// names are what two labs call differently, by the words of one of them: blocks and pod
// addresses, which Calico allots as it likes, interfaces of pods, which are named after
// pods, and addresses of services, which Kubernetes allots.
type names map[string]string

// namesOf gives everything that is a lab's own a name by what it belongs to.
func namesOf(state oracle.State) names {
	n := names{}
	for _, node := range state.Nodes {
		for i, block := range slices.SortedFunc(slices.Values(node.Blocks), netip.Prefix.Compare) {
			n[block.String()] = fmt.Sprintf("block%d-of-%s", i, node.Name)
		}
		workloads := slices.SortedFunc(slices.Values(node.Workloads), func(a, b oracle.Workload) int { return a.Address.Compare(b.Address) })
		for i, w := range workloads {
			n.address(w.Address, fmt.Sprintf("pod%d-of-%s", i, node.Name))
			n[w.Interface] = fmt.Sprintf("interface-of-pod%d-of-%s", i, node.Name)
		}
		n.address(node.IPIPTunnel, "ipip-tunnel-of-"+node.Name)
		n.address(node.VXLANTunnel, "vxlan-tunnel-of-"+node.Name)
	}
	// Names of services may be made up too.
	services := slices.SortedFunc(slices.Values(state.Services), func(a, b oracle.Service) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for i, s := range services {
		for kind, addresses := range map[string][]netip.Addr{"cluster-ip": s.ClusterIPs, "load-balancer-ip": s.LoadBalancerIPs} {
			for j, a := range addresses {
				n.address(a, fmt.Sprintf("%s%d-of-service%d", kind, j, i))
			}
		}
	}
	return n
}

// address names an address, and the prefix that is the address alone.
func (n names) address(a netip.Addr, name string) {
	if !a.IsValid() {
		return
	}
	n[a.String()] = name
	n[route.Single(a).String()] = name
}

// rename puts names in place of what they stand for, word by word.
func (n names) rename(line string) string {
	words := strings.Fields(line)
	for i, word := range words {
		if name, ok := n[word]; ok {
			words[i] = name
		}
	}
	return strings.Join(words, " ")
}
