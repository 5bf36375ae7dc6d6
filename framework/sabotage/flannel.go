package sabotage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/topology"
)

// flannels are defects of a pod network of flannel's, and of the policies beside it.
func flannels() []Defect {
	return []Defect{
		{
			ID: "flannel-published-wrongly", Kind: Flannel, What: "a node has published another hardware address than that of its flannel.1",
			Red: []string{"CAN-001"}, Green: []string{"sessions"},
			Aim: publishedWrongly,
		},
		{
			ID: "flannel-other-port", Kind: Flannel, What: "flannel uses another port for its VXLAN",
			Red: []string{"CAN-021", "CAN-036"}, Green: []string{"sessions"},
			Aim: flannelPort,
		},
		{
			ID: "flannel-route-lost", Kind: Flannel, What: "a node has lost its route to the subnet of the next node, and its flannel does nothing",
			Red: []string{"CAN-010|CAN-100", "CAN-105", "CAN-107"}, Green: []string{"sessions"},
			Aim: flannelRouteLost,
		},
		{
			ID: "flannel-masquerading-off", Kind: Flannel, What: "every node sends out its pods' packets as they are",
			Red: []string{"CAN-035"}, Green: []string{"sessions", "routes"},
			Aim: func(b *Bench) (Spoiling, error) {
				if err := onBackend(b, calico.FlannelVXLAN); err != nil {
					return Spoiling{}, err
				}
				pods := b.Lab.Topology().Pods.First().String()
				return b.filterRule("all nodes", "nat", "POSTROUTING", b.Lab.Topology().Nodes(), "-s", pods, "!", "-d", pods, "-j", "ACCEPT")
			},
		},
		{
			ID: "flannel-policies-idle", Kind: Flannel, What: "Felix does nothing on any node",
			Red: []string{"CAN-040|CAN-108", "CAN-041"}, Green: []string{"sessions", "routes"},
			Aim: onFlannel(func(b *Bench) (Spoiling, error) { return b.frozenEverywhere(felixComponent) }),
		},
		{
			ID: "flannel-idle", Kind: Flannel, What: "flannel does nothing on any node",
			Red: []string{"CAN-106"}, Green: []string{"sessions"},
			Aim: onFlannel(func(b *Bench) (Spoiling, error) { return b.frozenEverywhere(flannelComponent) }),
		},
		{
			ID: "flannel-api-unreachable", Kind: Flannel, What: "what the first node sends to the API server is dropped",
			Red: []string{"CAN-051"}, Green: []string{"sessions"},
			Aim: onFlannel(apiUnreachable),
		},
		{
			ID: "flannel-device-left", Kind: Flannel, What: "a node has flannel's device though the backend is host-gw",
			Red: []string{"CAN-102"}, Green: []string{"sessions", "traffic"},
			Aim: deviceLeft,
		},
	}
}

// onFlannel leaves out labs whose pod network is not flannel's.
func onFlannel(aim func(*Bench) (Spoiling, error)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		if b.State.Flannel == nil {
			return Spoiling{}, NoTarget("the pod network is not flannel's")
		}
		return aim(b)
	}
}

// onBackend leaves out all labs but those with a backend of flannel's.
func onBackend(b *Bench, backend calico.FlannelBackend) error {
	if f := b.State.Flannel; f == nil || f.Backend != backend {
		return NoTarget("flannel's backend is not %s", backend)
	}
	return nil
}

// frozenEverywhere stops a component of every node by SIGSTOP.
func (b *Bench) frozenEverywhere(component string) (Spoiling, error) {
	nodes := b.Lab.Topology().Nodes()
	all, err := b.frozen(nodes[0], component)
	for _, node := range nodes[1:] {
		if err != nil {
			break
		}
		var next Spoiling
		next, err = b.frozen(node, component)
		all = together(all, next)
	}
	return all, err
}

// publishedWrongly gives the last node's annotation another hardware address. The other
// nodes' forwarding tables keep an entry with it, which is taken out in the end.
func publishedWrongly(b *Bench) (Spoiling, error) {
	if err := onBackend(b, calico.FlannelVXLAN); err != nil {
		return Spoiling{}, err
	}
	node := b.lastNode()
	before, err := b.Calico.NodeAnnotation(context.Background(), node.Name, calico.FlannelDataAnnotation)
	if err != nil {
		return Spoiling{}, err
	}
	hardware := net.HardwareAddr{0xfe, 0, 0, 0, 0, 1}
	wrong := fmt.Sprintf(`{"VNI":1,"VtepMAC":%q}`, hardware)
	entry := netlink.Neigh{Family: unix.AF_BRIDGE, Flags: netlink.NTF_SELF, IP: node.Address().AsSlice(), HardwareAddr: hardware}
	return Spoiling{
		Target: node.Name,
		Put: func(ctx context.Context) error {
			return b.Calico.AnnotateNode(ctx, node.Name, calico.FlannelDataAnnotation, &wrong)
		},
		Undo: func(ctx context.Context) error {
			err := b.Calico.AnnotateNode(ctx, node.Name, calico.FlannelDataAnnotation, before)
			for _, other := range b.Lab.Topology().Nodes() {
				if other.Name == node.Name {
					continue
				}
				err = errors.Join(err, b.onDevice(other, calico.FlannelDevice, func(h *netlink.Handle, link netlink.Link) error {
					entry.LinkIndex = link.Attrs().Index
					if err := h.NeighDel(&entry); !errors.Is(err, unix.ENOENT) {
						return err
					}
					return nil
				})(ctx))
			}
			return err
		},
		Present: func(ctx context.Context) error {
			text, err := b.Calico.NodeAnnotation(ctx, node.Name, calico.FlannelDataAnnotation)
			if err == nil && (text == nil || *text != wrong) {
				err = fmt.Errorf("%s has published the right hardware address", node.Name)
			}
			return err
		},
	}, nil
}

// flannelPort gives flannel's VXLAN another port, and starts flannel again.
func flannelPort(b *Bench) (Spoiling, error) {
	if err := onBackend(b, calico.FlannelVXLAN); err != nil {
		return Spoiling{}, err
	}
	controller, err := b.controller()
	if err != nil {
		return Spoiling{}, err
	}
	const wrong = 8473
	set := func(port string) func(context.Context) error {
		return func(ctx context.Context) error {
			var config corev1.ConfigMap
			if err := b.Client.Resources().Get(ctx, calico.FlannelConfigMap, metav1.NamespaceSystem, &config); err != nil {
				return err
			}
			text := b.State.Flannel.Config(b.Lab.Topology().Pods.First())
			config.Data[calico.FlannelConfigKey] = strings.Replace(text, `"Type"`, port+`"Type"`, 1)
			if err := b.Client.Resources().Update(ctx, &config); err != nil {
				return err
			}
			for _, node := range b.Lab.Topology().Nodes() {
				if err := errors.Join(controller.StopComponent(ctx, node.Name, flannelComponent), controller.StartComponent(ctx, node.Name, flannelComponent)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return Spoiling{
		Target: calico.FlannelDevice + " of all nodes", Put: set(fmt.Sprintf(`"Port": %d, `, wrong)), Undo: set(""),
		Present: func(context.Context) error {
			for _, node := range b.Lab.Topology().Nodes() {
				at, err := b.Lab.Host(node.Name)
				if err != nil {
					return err
				}
				device, err := observe.ReadDevice(at, calico.FlannelDevice)
				if err != nil {
					return err
				}
				if device.VXLAN == nil || device.VXLAN.Port != wrong {
					return fmt.Errorf("%s: %s", node.Name, device)
				}
			}
			return nil
		},
	}, nil
}

// apiUnreachable drops what the first node sends to the API server.
func apiUnreachable(b *Bench) (Spoiling, error) {
	node := b.Lab.Topology().Nodes()[0]
	return b.filterRule(node.Name, "raw", "OUTPUT", []topology.Host{node},
		"-p", "tcp", "-d", b.Lab.Topology().Management.Control.String(), "--dport", apiPort, "-j", "DROP")
}

// apiPort is the API server's port.
const apiPort = "6443"

// flannelRouteLost deletes the first node's route to the second node's subnet. With host-gw
// flannel would bring it back when it looks next.
func flannelRouteLost(b *Bench) (Spoiling, error) {
	if b.State.Flannel == nil {
		return Spoiling{}, NoTarget("the pod network is not flannel's")
	}
	node, next := b.Lab.Topology().Nodes()[0], b.Lab.Topology().Nodes()[1]
	subnet, err := b.block(next.Name)
	if err != nil {
		return Spoiling{}, err
	}
	idle, err := b.frozen(node, flannelComponent)
	if err != nil {
		return Spoiling{}, err
	}
	var lost []netlink.Route
	find := func(h *netlink.Handle) ([]netlink.Route, error) {
		return h.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Dst: ipNet(subnet)}, netlink.RT_FILTER_DST)
	}
	return together(idle, Spoiling{
		Target: fmt.Sprintf("%s to %s", node.Name, subnet),
		Put: func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				found, err := find(h)
				if err != nil {
					return err
				}
				for i := range found {
					lost = found
					if err := h.RouteDel(&found[i]); err != nil {
						return err
					}
				}
				return nil
			})
		},
		Undo: func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				for i := range lost {
					if err := h.RouteReplace(&lost[i]); err != nil {
						return err
					}
				}
				return nil
			})
		},
		Present: func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				found, err := find(h)
				if err == nil && len(found) > 0 {
					err = fmt.Errorf("%s has the route %s", node.Name, found[0])
				}
				return err
			})
		},
	}), nil
}

// deviceLeft makes flannel's device on the last node.
func deviceLeft(b *Bench) (Spoiling, error) {
	if err := onBackend(b, calico.FlannelHostGateway); err != nil {
		return Spoiling{}, err
	}
	node := b.lastNode()
	device := &netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: calico.FlannelDevice}, VxlanId: 1, SrcAddr: node.Address().AsSlice(), Port: observe.KernelVXLANPort}
	return Spoiling{
		Target: calico.FlannelDevice + " of " + node.Name,
		Put: func(context.Context) error {
			return b.withNetlink(node.Name, func(h *netlink.Handle) error {
				if err := h.LinkAdd(device); !errors.Is(err, unix.EEXIST) {
					return err
				}
				return nil
			})
		},
		Undo:    b.onDevice(node, calico.FlannelDevice, func(h *netlink.Handle, link netlink.Link) error { return h.LinkDel(link) }),
		Present: b.onDevice(node, calico.FlannelDevice, func(*netlink.Handle, netlink.Link) error { return nil }),
	}, nil
}
