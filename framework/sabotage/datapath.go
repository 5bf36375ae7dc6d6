package sabotage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// datapaths are defects of how packets go, which show in no session.
func datapaths() []Defect {
	return []Defect{
		{
			ID: "datapath-pods-masqueraded", Kind: Datapath, What: "every node hides its pods behind its own address",
			Red: []string{"MESH-021|LEAF-030|NRR-030|RRR-030|TOR-021|VXL-041|IPIP-041|CRS-030|CAN-031", "TOR-101", "TOR-102", "CAN-103"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				return b.filterRule("all nodes", "nat", "POSTROUTING", b.Lab.Topology().Nodes(),
					"-s", b.Lab.Topology().Pods.First().String(), "!", "-o", "cali+", "-j", "MASQUERADE")
			},
		},
		{
			ID: "datapath-local-pods", Kind: Datapath, What: "every node drops what its pods send to each other",
			Red: []string{"MESH-020", "IPIP-052|VXL-046"}, Green: []string{"sessions", "routes"},
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
			Red: []string{"MESH-022|LEAF-033"}, Green: []string{"sessions", "routes"},
			Aim: foreignSource,
		},
		{
			ID: "datapath-small-mtu", Kind: Datapath, What: "the interface of a leaf to a node has a small MTU",
			Red: []string{"LEAF-071"}, Green: []string{"sessions", "routes"},
			Aim: smallMTU,
		},
		{
			ID: "datapath-loss", Kind: Datapath, What: "every node loses a quarter of the packets that it forwards to pods",
			Red: []string{"LEAF-051|NRR-045|RRR-044|TOR-030|VXL-061|IPIP-070|CRS-070|CAN-050", "NRR-047|RRR-045", "CAN-200", "CAN-201"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				return b.filterRule("all nodes", "mangle", "FORWARD", b.Lab.Topology().Nodes(),
					"-o", "cali+", "-m", "statistic", "--mode", "random", "--probability", "0.25", "-j", "DROP")
			},
		},
		{
			ID: "datapath-wrong-neighbour", Kind: Datapath, What: "a node has the link-layer address of another host for the first node",
			Red: []string{"traffic"},
			Aim: wrongNeighbour,
		},
		{
			ID: "datapath-leaf-forwards-not", Kind: Datapath, What: "the last leaf does not forward",
			Red: []string{"LEAF-031|NRR-031|RRR-031|VXL-040|IPIP-040|CRS-030"}, Green: []string{"sessions"},
			Aim: func(b *Bench) (Spoiling, error) {
				leaves := b.Lab.Topology().Leaves()
				if len(leaves) == 0 {
					return Spoiling{}, NoTarget("the topology has no leaf")
				}
				return b.setting(leaves[len(leaves)-1], "net.ipv4.ip_forward", "0")
			},
		},
		{
			ID: "datapath-clients-dropped", Kind: Datapath, What: "a node drops what comes from outside of the fabric",
			Red: []string{"LEAF-032|NRR-031|RRR-032|TOR-020|SVC-070|LOC-040|VXL-100|IPIP-090|CRS-080"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				clients := b.Lab.Topology().ByRole(topology.Client)
				if len(clients) == 0 {
					return Spoiling{}, NoTarget("the topology has no client")
				}
				return b.filterRule(b.lastNode().Name, "raw", "PREROUTING", []topology.Host{b.lastNode()}, "-s", clients[0].Address().String(), "-j", "DROP")
			},
		},
		{
			ID: "datapath-masquerading-off", Kind: Datapath, What: "every node sends out its pods' packets as they are, though the pool asks for natOutgoing",
			Red: []string{"TOR-100"}, Green: []string{"sessions", "routes"},
			Aim: masqueradingOff,
		},
		{
			ID: "datapath-wrong-server", Kind: Datapath, What: "a node sends what is for one of its pods to another pod",
			Red: []string{"traffic"}, Green: []string{"sessions", "routes"},
			Aim: wrongServer,
		},
		{
			ID: "datapath-bgp-answered", Kind: Datapath, What: "something takes connections of BGP on a node that has none",
			Red: []string{"VXL-110"}, Green: []string{"routes"},
			Aim: bgpAnswered,
		},
		{
			ID: "datapath-health-refused", Kind: Datapath, What: "a node refuses whoever asks for Felix's health",
			Red: []string{"NODE-007", "NODE-020", "NODE-023", "NODE-050", "NODE-051", "VXL-113", "VXL-114"}, Green: []string{"sessions", "routes"},
			Aim: healthRefused,
		},
		{
			ID: "datapath-rp-filter", Kind: Datapath, What: "a node takes from its tunnel only what it would answer through it (rp_filter)",
			Red: []string{"CRS-060|VXL-073"}, Green: []string{"sessions", "routes"},
			Aim: strictReversePath,
		},
	}
}

// strictReversePath sets rp_filter of the tunnel's device of the second node.
func strictReversePath(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	node := b.Lab.Topology().Nodes()[1]
	const of = "net/ipv4/conf/%s/rp_filter"
	// The kernel takes the larger one of the two.
	all, err := b.run(context.Background(), node.Name, "sysctl", "-n", fmt.Sprintf(of, "all"))
	if err != nil {
		return Spoiling{}, err
	}
	if strings.TrimSpace(string(all)) == "2" {
		return Spoiling{}, NoTarget("%s has a loose rp_filter for all devices", node.Name)
	}
	return b.setting(node, fmt.Sprintf(of, t.device), "1")
}

// foreignSource rewrites the source of a node's own packets to pods elsewhere.
func foreignSource(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	return b.filterRule(node.Name, "nat", "POSTROUTING", []topology.Host{node},
		"-s", node.Address().String(), "-d", b.Lab.Topology().Pods.First().String(), "!", "-o", "cali+", "-j", "SNAT", "--to-source", node.Management.String())
}

// masqueradingOff keeps what pods and clients outside send each other from conntrack, and so
// from translation. Felix puts its own rules of table nat before those of others.
func masqueradingOff(b *Bench) (Spoiling, error) {
	clients := b.Lab.Topology().ByRole(topology.Client)
	if len(clients) == 0 {
		return Spoiling{}, NoTarget("the topology has no client")
	}
	pods, client := b.Lab.Topology().Pods.First().String(), clients[0].Address().String()
	untracked := func(from, to string) (Spoiling, error) {
		return b.filterRule("all nodes", "raw", "PREROUTING", b.Lab.Topology().Nodes(), "-s", from, "-d", to, "-j", "CT", "--notrack")
	}
	there, err := untracked(pods, client)
	if err != nil {
		return Spoiling{}, err
	}
	back, err := untracked(client, pods)
	if err != nil {
		return Spoiling{}, err
	}
	return together(there, back), nil
}

// wrongServer translates the address of the last node's pod to that of the first node's.
func wrongServer(b *Bench) (Spoiling, error) {
	node := b.lastNode()
	pod, err := b.pod(node.Name)
	if err != nil {
		return Spoiling{}, err
	}
	other, err := b.pod(b.Lab.Topology().Nodes()[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	return b.filterRule(node.Name, "nat", "PREROUTING", []topology.Host{node}, "-d", pod.String(), "-p", "tcp", "-j", "DNAT", "--to-destination", other.String())
}

// wrongNeighbour gives the second node a permanent neighbour entry for the first one with its
// own link-layer address.
func wrongNeighbour(b *Bench) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	node, victim := nodes[1], nodes[0]
	if !node.Interfaces[0].Reaches(victim.Address()) || len(node.Gateways) == 0 {
		return Spoiling{}, NoTarget("%s and %s are in different subnets", node.Name, victim.Name)
	}
	entry := func(h *netlink.Handle) (*netlink.Neigh, error) {
		device, err := h.LinkByName(node.Interfaces[0].Name)
		if err != nil {
			return nil, err
		}
		return &netlink.Neigh{LinkIndex: device.Attrs().Index, Family: int(route.FamilyOf(victim.Address())), State: netlink.NUD_PERMANENT, IP: victim.Address().AsSlice(), HardwareAddr: device.Attrs().HardwareAddr}, nil
	}
	with := func(do func(*netlink.Handle, *netlink.Neigh) error) func(context.Context) error {
		return func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				n, err := entry(h)
				if err != nil {
					return err
				}
				return do(h, n)
			})
		}
	}
	return Spoiling{
		Target: fmt.Sprintf("%s for %s", node.Name, victim.Name),
		Put:    with(func(h *netlink.Handle, n *netlink.Neigh) error { return h.NeighSet(n) }),
		Undo: with(func(h *netlink.Handle, n *netlink.Neigh) error {
			if err := h.NeighDel(n); !errors.Is(err, unix.ENOENT) {
				return err
			}
			return nil
		}),
		Present: with(func(h *netlink.Handle, n *netlink.Neigh) error {
			found, err := h.NeighList(n.LinkIndex, n.Family)
			if err != nil {
				return err
			}
			for _, f := range found {
				if f.IP.Equal(n.IP) && f.HardwareAddr.String() == n.HardwareAddr.String() {
					return nil
				}
			}
			return fmt.Errorf("%s has not the wrong entry for %s", node.Name, victim.Name)
		}),
	}, nil
}

// smallestMTU is what IPv6 asks of every link; IPv4 takes any above 68.
const smallestMTU = 1280

// smallMTU sets the MTU of the interface by which a leaf reaches the last node.
func smallMTU(b *Bench) (Spoiling, error) {
	node, err := b.leafOf(b.lastNode())
	if err != nil {
		return Spoiling{}, err
	}
	link, ok := b.Lab.Topology().Link(b.lastNode().Interfaces[0].Link)
	if !ok {
		return Spoiling{}, NoTarget("node %s has no link", b.lastNode().Name)
	}
	i := slices.IndexFunc(node.Interfaces, func(i topology.Interface) bool { return i.Link == link.Name })
	if i < 0 {
		return Spoiling{}, NoTarget("%s is not on link %s", node.Name, link.Name)
	}
	name := node.Interfaces[i].Name
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

// bgpAnswered has the last node take connections of BGP at its kubelet's port.
func bgpAnswered(b *Bench) (Spoiling, error) {
	if !b.State.WithoutBGP() {
		return Spoiling{}, NoTarget("the nodes have BGP")
	}
	const kubelet = "10250"
	nodes := b.Lab.Topology().Nodes()
	return b.filterRule("BGP of "+b.lastNode().Name, "nat", "PREROUTING", nodes[len(nodes)-1:],
		"-p", "tcp", "--dport", strconv.Itoa(session.Port), "-j", "REDIRECT", "--to-ports", kubelet)
}

// healthPort is where Felix tells its health (FELIX_HEALTHPORT).
const healthPort = "9099"

// healthRefused refuses connections to Felix's health on the last node.
func healthRefused(b *Bench) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	spoiling, err := b.filterRule("Felix's health on "+b.lastNode().Name, "filter", "INPUT", nodes[len(nodes)-1:],
		"-p", "tcp", "--dport", healthPort, "-j", "REJECT", "--reject-with", "tcp-reset")
	spoiling.Met = nil // in most labs nobody asks
	return spoiling, err
}
