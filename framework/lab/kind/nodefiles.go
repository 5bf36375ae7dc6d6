package kind

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/topology"
)

// nodeFile is a file that a node's container has from its beginning: its name in the
// node's folder on this machine, and its path in the container.
type nodeFile struct {
	name, path string
	text       []byte
}

// nodeFiles are a node's files.
func nodeFiles(node topology.Host) []nodeFile {
	return []nodeFile{
		{"kubelet.conf", "/etc/systemd/system/kubelet.service.d/20-rackproof.conf", gate(node)},
		{"sysctl.conf", "/etc/sysctl.d/90-rackproof.conf", kernelSettings(node)},
	}
}

// gate is a drop-in of kubelet.service that lets the kubelet start once the node has
// its address in the fabric, which is the node's IP: kind makes containers and runs
// kubeadm in one go, and containerlab joins the containers meanwhile. A kubelet would
// start without the address, and report none for a while.
func gate(node topology.Host) []byte {
	return fmt.Appendf(nil, `[Service]
ExecStartPre=/bin/sh -c 'until ip -4 -o address show to %s | grep -q .; do sleep 0.1; done'
`, node.Address())
}

// kernelSettings are a host's settings as systemd-sysctl reads them, after those of kind's
// node image, which make rp_filter strict. A node's systemd sets them at a moment of its
// own, and so may undo what a lab has set. The kernel may lack one (the dash).
func kernelSettings(node topology.Host) []byte {
	var text strings.Builder
	settings := hostkernel.Settings(node.Name, node.Role)
	for _, setting := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "-%s = %s\n", setting, settings[setting])
	}
	return []byte(text.String())
}
