package observe

import (
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/topology"
)

// foreignInterfaces finds interfaces of a host that carry packets of another size than
// their link in the topology, that belong to another device, that ask for no neighbours, or
// that have a program attached. One that is missing lacks its address too.
func foreignInterfaces(host topology.Host, t *topology.Topology, links []netlink.Link) []Finding {
	var found []Finding
	report := func(check Check, what, remedy string) {
		found = append(found, Finding{Host: host.Name, Check: check, What: what, Remedy: remedy})
	}
	for _, link := range links {
		attributes := link.Attrs()
		if attributes.Xdp != nil && attributes.Xdp.Attached {
			report(PacketFilters, fmt.Sprintf("interface %s has an XDP program, which can drop packets", attributes.Name),
				fmt.Sprintf("ip link set dev %s xdp off", attributes.Name))
		}
		if vxlan, ok := link.(*netlink.Vxlan); ok && vxlan.TTL != 0 {
			report(Interfaces, fmt.Sprintf("tunnel %s gives outer packets TTL %d, and Calico leaves it to the kernel", attributes.Name, vxlan.TTL),
				fmt.Sprintf("ip link set dev %s type vxlan ttl auto", attributes.Name))
		}
		i := slices.IndexFunc(host.Interfaces, func(i topology.Interface) bool { return i.Name == attributes.Name })
		if i < 0 {
			continue
		}
		if entry, ok := t.Link(host.Interfaces[i].Link); ok && attributes.MTU != entry.MTU {
			report(Interfaces, fmt.Sprintf("interface %s has MTU %d, and the topology gives its link %d", attributes.Name, attributes.MTU, entry.MTU),
				fmt.Sprintf("ip link set dev %s mtu %d", attributes.Name, entry.MTU))
		}
		if attributes.MasterIndex != 0 {
			report(Interfaces, fmt.Sprintf("interface %s belongs to another device, which takes its packets", attributes.Name),
				fmt.Sprintf("ip link set dev %s nomaster", attributes.Name))
		}
		if attributes.RawFlags&unix.IFF_NOARP != 0 {
			report(Interfaces, fmt.Sprintf("interface %s asks for no neighbours and answers none", attributes.Name),
				fmt.Sprintf("ip link set dev %s arp on", attributes.Name))
		}
	}
	return found
}
