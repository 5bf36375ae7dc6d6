package capability

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/calico"
)

// Need is what something needs of the machine.
type Need struct {
	// For names what needs it, as "mode ipip".
	For string
	// Kernel is the oldest kernel that will do; zero is any.
	Kernel   Kernel
	Programs []Program
	// Features need root.
	Features []Feature
	Space    []Space
}

// Kernel is a Linux version.
type Kernel struct{ Major, Minor int }

func (k Kernel) String() string { return fmt.Sprintf("%d.%d", k.Major, k.Minor) }

// before reports whether k is older than other.
func (k Kernel) before(other Kernel) bool {
	return k.Major < other.Major || k.Major == other.Major && k.Minor < other.Minor
}

// Program is a program of the distribution.
type Program struct {
	// Name is looked up in PATH and the sbin folders, or is an absolute path.
	Name string
	// Package is the Debian and Ubuntu package that has it.
	Package string
	// Folder is looked in too, if it is not empty.
	Folder string
	// Command is what installs the program; empty for `make packages`.
	Command string
}

// Space is room for files below a folder, which need not exist yet.
type Space struct {
	Folder string
	// Bytes is what will be written, rounded up.
	Bytes uint64
}

// Feature is something that a kernel can have or lack.
type Feature string

// The features that a lab can need.
const (
	// Namespaces are network, mount and UTS namespaces, and the right to make
	// and mount them.
	Namespaces Feature = "namespaces"
	Veth       Feature = "veth devices"
	Bridge     Feature = "bridges"
	VXLAN      Feature = "VXLAN devices"
	IPIP       Feature = "IPIP tunnels"
	Multipath  Feature = "multipath routes"
	// NFTables is nftables with the xtables extensions that kube-proxy and Felix
	// use through iptables-nft.
	NFTables Feature = "nftables with xtables extensions"
	// XTables are the older tables of iptables, which labs use in User-Mode Linux.
	XTables   Feature = "iptables' tables"
	IPSet     Feature = "IP sets"
	Conntrack Feature = "connection tracking"
	// Tap are the network devices by which User-Mode Linux reaches the outside.
	Tap Feature = "tap devices"
)

// remedy says how a kernel comes to a feature.
func (f Feature) remedy() string {
	switch f {
	case Namespaces:
		return "in a container, allow CAP_SYS_ADMIN and CAP_NET_ADMIN"
	case Veth:
		return "try `modprobe veth`, or use a kernel with CONFIG_VETH"
	case Bridge:
		return "try `modprobe bridge`, or use a kernel with CONFIG_BRIDGE"
	case VXLAN:
		return "try `modprobe vxlan`, or use a kernel with CONFIG_VXLAN"
	case IPIP:
		return "try `modprobe ipip`, or use a kernel with CONFIG_NET_IPIP"
	case Multipath:
		return "use a kernel with CONFIG_IP_ROUTE_MULTIPATH"
	case NFTables:
		return "try `modprobe nft_compat`, or use a kernel with CONFIG_NFT_COMPAT and the CONFIG_NETFILTER_XT_* of that extension"
	case XTables:
		return "try `modprobe iptable_filter`, or use a kernel with CONFIG_IP_NF_FILTER, CONFIG_IP_NF_NAT, CONFIG_IP_NF_MANGLE and CONFIG_IP_NF_RAW"
	case IPSet:
		return "try `modprobe ip_set`, or use a kernel with CONFIG_IP_SET and CONFIG_IP_SET_HASH_*"
	case Tap:
		return "try `modprobe tun`, or use a kernel with CONFIG_TUN"
	case Conntrack:
		return "try `modprobe nf_conntrack_netlink`, or use a kernel with CONFIG_NF_CT_NETLINK"
	}
	return "use another kernel"
}

// Mode is what a mode needs beyond what every lab needs: the devices that its
// IP pools' encapsulation is done by.
func Mode(mode *calico.Mode) Need {
	need := Need{For: "mode " + mode.Name}
	if mode.Flannel != nil && mode.Flannel.Backend == calico.FlannelVXLAN {
		need.Features = append(need.Features, VXLAN)
	}
	for _, pool := range mode.Resources.IPPools {
		switch calico.EncapsulationOf(pool) {
		case calico.IPIP, calico.IPIPCrossSubnet:
			need.Features = append(need.Features, IPIP)
		case calico.VXLAN, calico.VXLANCrossSubnet:
			need.Features = append(need.Features, VXLAN)
		}
	}
	return need
}
