package sabotage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// tunnels are defects of tunnels between nodes.
func tunnels() []Defect {
	return []Defect{
		{
			ID: "tunnel-always", Kind: Tunnel, What: "a pool that is to encapsulate between subnets alone does so always",
			Red: []string{"CRS-001|VXL-070", "CRS-002|VXL-071", "CRS-040|VXL-092"}, Green: []string{"sessions"},
			Aim: poolChanged("CrossSubnet", "Always"),
		},
		{
			ID: "tunnel-between-subnets", Kind: Tunnel, What: "a pool that is to encapsulate always does so between subnets alone",
			Red: []string{"IPIP-010|VXL-010", "IPIP-051|VXL-045"}, Green: []string{"sessions"},
			Aim: poolChanged("Always", "CrossSubnet"),
		},
		{
			ID: "tunnel-small-mtu", Kind: Tunnel, What: "the tunnel's device of a node has a small MTU",
			Red: []string{"IPIP-021|VXL-022|CAN-022"}, Green: []string{"sessions"},
			Aim: tunnelMTU,
		},
		{
			ID: "tunnel-dropped", Kind: Tunnel, What: "every node drops what comes through the tunnel",
			Red: []string{
				"IPIP-040|VXL-040|CRS-030|CAN-030", "IPIP-042|VXL-042|CRS-031|CAN-033", "IPIP-050|VXL-044|CRS-041|CAN-036",
				"IPIP-055|VXL-047|CAN-037", "IPIP-056", "IPIP-057", "IPIP-065", "IPIP-082", "CAN-032",
			}, Green: []string{"sessions", "routes"},
			Aim: tunnelDropped,
		},
		{
			ID: "tunnel-address", Kind: Tunnel, What: "the tunnel's device of a node has one more address, and it is another node's",
			Red: []string{"IPIP-020|CRS-010|VXL-020|CAN-020"}, Green: []string{"sessions"},
			Aim: tunnelAddress,
		},
		{
			ID: "tunnel-far-end-lost", Kind: Tunnel, What: "a node has lost the far end of its VXLAN at another node, and its Felix does nothing",
			Red: []string{"VXL-023|CAN-023"}, Green: []string{"sessions"},
			Aim: farEndLost,
		},
		{
			ID: "tunnel-other-port", Kind: Tunnel, What: "a FelixConfiguration gives VXLAN another port",
			Red: []string{"VXL-021"}, Green: []string{"sessions"},
			Aim: otherPort,
		},
	}
}

// tunnel is what carries packets between nodes: its kind, its device, and VXLAN's port.
type tunnel struct {
	calico.Encapsulation
	device, port string
}

// tunnel is the tunnel of the lab's pools, or flannel's.
func (b *Bench) tunnel() (tunnel, error) {
	if f := b.State.Flannel; f != nil && f.Backend == calico.FlannelVXLAN {
		return tunnel{calico.VXLAN, calico.FlannelDevice, strconv.Itoa(observe.KernelVXLANPort)}, nil
	}
	for _, pool := range b.State.Resources.IPPools {
		switch {
		case pool.Spec.IPIPMode != "" && pool.Spec.IPIPMode != v3.IPIPModeNever:
			return tunnel{calico.IPIP, calico.IPIP.Device(), ""}, nil
		case pool.Spec.VXLANMode != "" && pool.Spec.VXLANMode != v3.VXLANModeNever:
			return tunnel{calico.VXLAN, calico.VXLAN.Device(), strconv.Itoa(observe.VXLANPort)}, nil
		}
	}
	return tunnel{}, NoTarget("no pool encapsulates")
}

// poolChanged gives the pools that have one mode of encapsulation another one.
func poolChanged(from, to string) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		var pools []v3.IPPool
		for _, pool := range b.State.Resources.IPPools {
			if string(pool.Spec.IPIPMode) == from || string(pool.Spec.VXLANMode) == from {
				pools = append(pools, pool)
			}
		}
		if len(pools) == 0 {
			return Spoiling{}, NoTarget("no pool has the mode %s", from)
		}
		return Spoiling{
			Target: pools[0].Name,
			Put: func(ctx context.Context) error {
				for _, pool := range pools {
					err := b.Calico.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) {
						if string(spec.IPIPMode) == from {
							spec.IPIPMode = v3.IPIPMode(to)
						}
						if string(spec.VXLANMode) == from {
							spec.VXLANMode = v3.VXLANMode(to)
						}
					})
					if err != nil {
						return err
					}
				}
				return nil
			},
			Undo: func(ctx context.Context) error {
				var errs []error
				for _, pool := range pools {
					errs = append(errs, b.Calico.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) {
						spec.IPIPMode, spec.VXLANMode = pool.Spec.IPIPMode, pool.Spec.VXLANMode
					}))
				}
				return errors.Join(errs...)
			},
			Present: b.differs,
			Design: func(state *oracle.State) {
				state.Resources.IPPools = slices.Clone(state.Resources.IPPools)
				for i, pool := range state.Resources.IPPools {
					j := slices.IndexFunc(pools, func(p v3.IPPool) bool { return p.Name == pool.Name })
					if j >= 0 && (string(pool.Spec.IPIPMode) == to || string(pool.Spec.VXLANMode) == to) {
						state.Resources.IPPools[i].Spec.IPIPMode, state.Resources.IPPools[i].Spec.VXLANMode = pools[j].Spec.IPIPMode, pools[j].Spec.VXLANMode
					}
				}
			},
		}, nil
	}
}

// onDevice does something to the tunnel's device of a node.
func (b *Bench) onDevice(node topology.Host, device string, do func(*netlink.Handle, netlink.Link) error) func(context.Context) error {
	return func(context.Context) error {
		return b.withNetlink(node.Name, func(h *netlink.Handle) error {
			link, err := h.LinkByName(device)
			if err != nil {
				return fmt.Errorf("find device %s: %w", device, err)
			}
			return do(h, link)
		})
	}
}

// tunnelMTU sets the MTU of the tunnel's device of a node.
func tunnelMTU(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	node := b.lastNode()
	at, err := b.Lab.Host(node.Name)
	if err != nil {
		return Spoiling{}, err
	}
	before, err := observe.ReadDevice(at, t.device)
	if err != nil {
		return Spoiling{}, err
	}
	set := func(mtu int) func(context.Context) error {
		return b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error { return h.LinkSetMTU(link, mtu) })
	}
	return Spoiling{
		Target: fmt.Sprintf("%s of %s", t.device, node.Name), Put: set(smallestMTU), Undo: set(before.MTU),
		Present: b.onDevice(node, t.device, func(_ *netlink.Handle, link netlink.Link) error {
			if link.Attrs().MTU != smallestMTU {
				return fmt.Errorf("%s of %s has MTU %d", t.device, node.Name, link.Attrs().MTU)
			}
			return nil
		}),
	}, nil
}

// tunnelDropped drops the tunnel's packets at every node.
func tunnelDropped(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	packets := []string{"-p", ipInIP}
	if t.port != "" {
		packets = []string{"-p", "udp", "--dport", t.port}
	}
	return b.filterRule("all nodes", "raw", "PREROUTING", b.Lab.Topology().Nodes(), append(packets, "-j", "DROP")...)
}

// ipInIP is the number of IP in IP among IP's protocols.
const ipInIP = "4"

// tunnelAddress adds the tunnel address of the first node to the last node's device.
func tunnelAddress(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	first, err := b.node(b.Lab.Topology().Nodes()[0].Name)
	if err != nil {
		return Spoiling{}, err
	}
	foreign := first.IPIPTunnel
	if t.port != "" {
		foreign = first.VXLANTunnel
	}
	if !foreign.IsValid() {
		return Spoiling{}, NoTarget("node %s has no tunnel address", first.Name)
	}
	node := b.lastNode()
	address := &netlink.Addr{IPNet: ipNet(route.Single(foreign))}
	return Spoiling{
		Target: fmt.Sprintf("%s of %s", t.device, node.Name),
		Put: b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error {
			if err := h.AddrAdd(link, address); !errors.Is(err, unix.EEXIST) {
				return err
			}
			return nil
		}),
		Undo: b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error {
			if err := h.AddrDel(link, address); !errors.Is(err, unix.EADDRNOTAVAIL) {
				return err
			}
			return nil
		}),
		Present: func(context.Context) error {
			at, err := b.Lab.Host(node.Name)
			if err != nil {
				return err
			}
			device, err := observe.ReadDevice(at, t.device)
			if err == nil && !slices.Contains(device.Addresses, route.Single(foreign)) {
				err = fmt.Errorf("%s: %s", node.Name, device)
			}
			return err
		},
	}, nil
}

// farEndLost deletes what the first node's kernel has of one far end of the VXLAN. Felix would
// bring it back when it looks next.
func farEndLost(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	if t.port == "" {
		return Spoiling{}, NoTarget("the lab has no VXLAN")
	}
	node := b.Lab.Topology().Nodes()[0]
	entries := func(h *netlink.Handle, link netlink.Link) ([]netlink.Neigh, error) {
		found, err := h.NeighList(link.Attrs().Index, int(route.FamilyOf(node.Address())))
		if err != nil {
			return nil, err
		}
		return slices.DeleteFunc(found, func(n netlink.Neigh) bool { return n.State&netlink.NUD_PERMANENT == 0 }), nil
	}
	var none bool
	if err := b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error {
		list, err := entries(h, link)
		none = len(list) == 0
		return err
	})(context.Background()); err != nil {
		return Spoiling{}, err
	}
	if none {
		return Spoiling{}, NoTarget("node %s has no far end", node.Name)
	}
	felix, err := b.frozen(node, felixComponent)
	if err != nil {
		return Spoiling{}, err
	}
	var lost []netlink.Neigh
	return together(felix, Spoiling{
		Target: fmt.Sprintf("%s of %s", t.device, node.Name),
		Put: b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error {
			list, err := entries(h, link)
			if err != nil {
				return err
			}
			if len(lost) == 0 && len(list) > 0 {
				lost = list[:1]
			}
			for i := range lost {
				if err := h.NeighDel(&lost[i]); err != nil && !errors.Is(err, unix.ENOENT) {
					return err
				}
			}
			return nil
		}),
		Undo: b.onDevice(node, t.device, func(h *netlink.Handle, _ netlink.Link) error {
			for i := range lost {
				if err := h.NeighSet(&lost[i]); err != nil {
					return err
				}
			}
			return nil
		}),
		Present: b.onDevice(node, t.device, func(h *netlink.Handle, link netlink.Link) error {
			list, err := entries(h, link)
			if err != nil {
				return err
			}
			for _, n := range list {
				if len(lost) > 0 && n.IP.Equal(lost[0].IP) {
					return fmt.Errorf("%s has the far end %s again", node.Name, n.IP)
				}
			}
			return nil
		}),
	}), nil
}

// otherPort has Felix use another port for VXLAN.
func otherPort(b *Bench) (Spoiling, error) {
	t, err := b.tunnel()
	if err != nil {
		return Spoiling{}, err
	}
	if t.device != calico.VXLAN.Device() {
		return Spoiling{}, NoTarget("the lab has no VXLAN of Calico's")
	}
	const wrong = 4790
	var before *int
	if c, ok := b.State.Resources.FelixConfiguration(); ok {
		before = c.Spec.VXLANPort
	}
	set := func(port *int) func(context.Context) error {
		return func(ctx context.Context) error {
			return b.Calico.UpdateFelixConfiguration(ctx, func(spec *v3.FelixConfigurationSpec) { spec.VXLANPort = port })
		}
	}
	return Spoiling{
		Target: t.device + " of all nodes", Put: set(new(wrong)), Undo: set(before),
		Present: func(context.Context) error {
			for _, node := range b.Lab.Topology().Nodes() {
				at, err := b.Lab.Host(node.Name)
				if err != nil {
					return err
				}
				device, err := observe.ReadDevice(at, t.device)
				if err != nil {
					return err
				}
				if device.VXLAN == nil || device.VXLAN.Port != wrong {
					return fmt.Errorf("%s: %s", node.Name, device)
				}
			}
			return nil
		},
		Design: func(state *oracle.State) {
			state.Resources.FelixConfigurations = slices.Clone(state.Resources.FelixConfigurations)
			for i := range state.Resources.FelixConfigurations {
				if c := &state.Resources.FelixConfigurations[i]; c.Spec.VXLANPort != nil && *c.Spec.VXLANPort == wrong {
					c.Spec.VXLANPort = before
				}
			}
		},
	}, nil
}

// differs expects the kernels' tables to be others than the design's.
func (b *Bench) differs(ctx context.Context) error {
	want, err := b.State.Tables()
	if err != nil {
		return err
	}
	got, err := observe.KernelTables(ctx, b.Lab)
	if err != nil {
		return err
	}
	if len(diff.Compare(want, got)) == 0 {
		return errors.New("the tables are those of the design")
	}
	return nil
}
