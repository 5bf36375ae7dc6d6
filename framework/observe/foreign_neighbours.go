package observe

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// neighbour is an entry of a host's neighbour table.
type neighbour struct {
	dev      string
	address  netip.Addr
	hardware string
	// made says that somebody has put it there: it never expires, and the kernel asks
	// nobody.
	made bool
	// proxy says that the host answers for the address.
	proxy bool
}

// workloadInterface begins the names of pods' interfaces, whose neighbours and queues are
// Felix's (addStaticARPEntry in felix/routetable).
const workloadInterface = "cali"

// hardwareAddresses are those of the topology's interfaces of a host, by their addresses.
func hardwareAddresses(host topology.Host, links []netlink.Link) map[netip.Addr]string {
	known := map[netip.Addr]string{}
	for _, link := range links {
		for _, i := range host.Interfaces {
			if i.Name != link.Attrs().Name {
				continue
			}
			for _, address := range i.Addresses {
				known[address.Addr()] = link.Attrs().HardwareAddr.String()
			}
		}
	}
	return known
}

func readNeighbours(handle *netlink.Handle, names map[int]string) ([]neighbour, error) {
	listed, err := handle.NeighList(0, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list its neighbours: %w", err)
	}
	proxies, err := handle.NeighProxyList(0, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list the addresses that it answers for: %w", err)
	}
	var known []neighbour
	for _, n := range listed {
		if n.HardwareAddr == nil || n.IP == nil || n.State&(unix.NUD_FAILED|unix.NUD_INCOMPLETE) != 0 {
			continue
		}
		known = append(known, neighbour{
			dev: names[n.LinkIndex], address: toAddr(n.IP), hardware: n.HardwareAddr.String(),
			made: n.State&unix.NUD_PERMANENT != 0,
		})
	}
	for _, n := range proxies {
		known = append(known, neighbour{dev: names[n.LinkIndex], address: toAddr(n.IP), proxy: true})
	}
	return known, nil
}

// foreignNeighbours finds addresses of links that hosts look for at another interface than
// the topology's, entries that somebody has made, and addresses that hosts answer for.
// Those of Calico's VXLAN, or flannel's, are in the table of its far ends, and pods' are Felix's.
func foreignNeighbours(t *topology.Topology, looks []look) []Finding {
	hardware := map[netip.Addr]string{}
	for _, seen := range looks {
		maps.Copy(hardware, seen.hardware)
	}
	var found []Finding
	for _, seen := range looks {
		report := func(n neighbour, what string) {
			found = append(found, Finding{
				Host: seen.host.Name, Check: Neighbours, What: what,
				Remedy: fmt.Sprintf("ip neigh del %s dev %s", n.address, n.dev),
			})
		}
		for _, n := range seen.neighbours {
			owner, _ := t.HostOf(n.address)
			right := hardware[n.address]
			switch {
			case n.dev == calico.VXLAN.Device(), n.dev == calico.FlannelDevice, strings.HasPrefix(n.dev, workloadInterface):
			case n.proxy:
				n.address = n.address.Unmap()
				found = append(found, Finding{
					Host: seen.host.Name, Check: Neighbours, What: fmt.Sprintf("the host answers for %s on %s", n.address, n.dev),
					Remedy: fmt.Sprintf("ip neigh del proxy %s dev %s", n.address, n.dev),
				})
			case onLink(seen.host, n) && right != "" && right != n.hardware:
				report(n, fmt.Sprintf("it looks for %s on %s at %s, and %s has %s", n.address, n.dev, n.hardware, owner, right))
			case n.made:
				report(n, fmt.Sprintf("somebody has set the neighbour %s on %s to %s permanently", n.address, n.dev, n.hardware))
			}
		}
	}
	return found
}

// onLink reports whether a neighbour is on a link of the topology.
func onLink(host topology.Host, n neighbour) bool {
	for _, i := range host.Interfaces {
		if i.Name == n.dev && i.Reaches(n.address) {
			return true
		}
	}
	return false
}
