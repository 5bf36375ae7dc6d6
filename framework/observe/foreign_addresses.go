package observe

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// managementInterface is a node's interface in the management network, in any lab.
const managementInterface = "eth0"

// tunnelInterfaces are those that Felix gives an address of a pool: ipip_mgr.go,
// vxlan_mgr.go and wireguard.go in felix/dataplane/linux and felix/wireguard; and the one to
// which flannel gives the first address of its node's subnet.
func tunnelInterfaces() []string {
	return []string{"tunl0", "vxlan.calico", "wireguard.cali", calico.FlannelDevice}
}

// local is an address of an interface.
type local struct {
	dev    string
	prefix netip.Prefix
}

func compareLocals(a, b local) int {
	return cmp.Or(cmp.Compare(a.dev, b.dev), a.prefix.Compare(b.prefix))
}

func readAddresses(handle *netlink.Handle, names map[int]string) ([]local, error) {
	listed, err := handle.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list its addresses: %w", err)
	}
	var addresses []local
	for _, a := range listed {
		prefix, err := toPrefix(a.IPNet)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, local{names[a.LinkIndex], prefix})
	}
	return addresses, nil
}

// foreignAddresses finds addresses for which a host takes packets though the topology
// does not give them to it, and addresses that it lacks. A tunnel on a node has one address
// of the pod network, which Calico or flannel chooses.
func foreignAddresses(host topology.Host, t *topology.Topology, addresses []local) []Finding {
	var want []local
	for _, i := range host.Interfaces {
		for _, address := range i.Addresses {
			want = append(want, local{i.Name, address})
		}
	}
	if host.Management.IsValid() {
		want = append(want, local{managementInterface, netip.PrefixFrom(host.Management, t.Management.Prefix.Bits())})
	}
	var found []Finding
	report := func(what, remedy string) {
		found = append(found, Finding{Host: host.Name, Check: LocalAddresses, What: what, Remedy: remedy})
	}
	tunnels := map[string]bool{}
	for _, a := range slices.SortedFunc(slices.Values(addresses), compareLocals) {
		address := a.prefix.Addr()
		switch {
		case a.dev == "lo" && address.IsLoopback(), isLinkLocal(address), slices.Contains(want, a):
			continue
		case host.Role == topology.Node && slices.Contains(tunnelInterfaces(), a.dev) && !tunnels[a.dev] && a.prefix.IsSingleIP() && t.Pods.Contains(address):
			tunnels[a.dev] = true
			continue
		}
		report(fmt.Sprintf("interface %s has the address %s, which the topology does not give it", a.dev, a.prefix),
			fmt.Sprintf("ip addr del %s dev %s", a.prefix, a.dev))
	}
	for _, w := range want {
		if !slices.Contains(addresses, w) {
			report(fmt.Sprintf("interface %s lacks its address %s", w.dev, w.prefix), fmt.Sprintf("ip addr add %s dev %s", w.prefix, w.dev))
		}
	}
	return found
}
