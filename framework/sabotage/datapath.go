package sabotage

import (
	"context"
	"fmt"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/topology"
)

// datapaths are defects of how packets go, which show in no session.
func datapaths() []Defect {
	return []Defect{
		{
			ID: "datapath-pods-masqueraded", Kind: Datapath, What: "every node hides its pods behind its own address",
			Red: []string{"traffic"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				return b.filterRule("all nodes", "nat", "POSTROUTING", b.Lab.Topology().Nodes(),
					"-s", b.Lab.Topology().Pods.First().String(), "!", "-o", "cali+", "-j", "MASQUERADE")
			},
		},
		{
			ID: "datapath-local-pods", Kind: Datapath, What: "every node drops what its pods send to each other",
			Red: []string{"traffic"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				return b.filterRule("all nodes", "mangle", "FORWARD", b.Lab.Topology().Nodes(), "-i", "cali+", "-o", "cali+", "-j", "DROP")
			},
		},
		{
			ID: "datapath-one-way", Kind: Datapath, What: "a node drops what comes for its pods from other nodes",
			Red: []string{"traffic"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				return b.filterRule(b.lastNode().Name, "mangle", "FORWARD", []topology.Host{b.lastNode()}, "!", "-i", "cali+", "-o", "cali+", "-j", "DROP")
			},
		},
		{
			ID: "datapath-forwarding-off", Kind: Datapath, What: "a node does not forward",
			Red: []string{"traffic"}, Green: []string{"sessions"},
			Aim: func(b *Bench) (Spoiling, error) { return b.setting(b.lastNode(), "net.ipv4.ip_forward", "0") },
		},
		{
			ID: "datapath-foreign-source", Kind: Datapath, What: "a node sends to pods of other nodes from its management address",
			Red: []string{"traffic"}, Green: []string{"sessions", "routes"},
			Aim: foreignSource,
		},
		{
			ID: "datapath-small-mtu", Kind: Datapath, What: "an interface of a node in the fabric has a small MTU",
			Aim: smallMTU,
		},
	}
}

// foreignSource rewrites the source of a node's own packets to pods elsewhere.
func foreignSource(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	return b.filterRule(node.Name, "nat", "POSTROUTING", []topology.Host{node},
		"-s", node.Address().String(), "-d", b.Lab.Topology().Pods.First().String(), "!", "-o", "cali+", "-j", "SNAT", "--to-source", node.Management.String())
}

// smallestMTU is what IPv6 asks of every link; IPv4 takes any above 68.
const smallestMTU = 1280

// smallMTU sets the MTU of a node's first interface.
func smallMTU(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	name := node.Interfaces[0].Name
	link, ok := b.Lab.Topology().Link(node.Interfaces[0].Link)
	if !ok {
		return Spoiling{}, NoTarget("node %s has no link", node.Name)
	}
	set := func(mtu int) func(context.Context) error {
		return func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				device, err := h.LinkByName(name)
				if err != nil {
					return err
				}
				return h.LinkSetMTU(device, mtu)
			})
		}
	}
	return Spoiling{
		Target: fmt.Sprintf("%s of %s", name, node.Name), Put: set(smallestMTU), Undo: set(link.MTU),
		Present: func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				device, err := h.LinkByName(name)
				if err == nil && device.Attrs().MTU != smallestMTU {
					err = fmt.Errorf("%s: %s has MTU %d", node.Name, name, device.Attrs().MTU)
				}
				return err
			})
		},
	}, nil
}
