package labinit

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/cluster/controlplane"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/topology"
)

// HostedControlPlane is a control plane on the host of the virtual machine that its lab is
// in. The two are joined by one of the machine's devices: it is a port of the lab's
// management network inside, and leads to the control plane on the host.
type HostedControlPlane struct {
	// Name is its own on the host.
	Name string `json:"name"`
	// Port is the number of the kernel's device.
	Port int `json:"port"`
	// Dir is the folder of the control plane's files on the host.
	Dir string `json:"dir"`
	// Prepared says that etcd begins with a prepared state.
	Prepared bool `json:"prepared"`
}

func (h HostedControlPlane) remote(t *topology.Topology) controlplane.Remote {
	return controlplane.Remote{Server: netip.AddrPortFrom(t.Management.Control, controlplane.Port), Host: cluster.ControlHost, Dir: h.Dir, Prepared: h.Prepared}
}

const (
	// devicePoll is the interval of looks for a device that another process moves here.
	devicePoll    = 10 * time.Millisecond
	deviceTimeout = 20 * time.Second
)

// plugHosted makes the machine's device for this lab a port of the management network of a
// network namespace. The lab's starter moves it into the lab.
func (l *links) plugHosted(namespace string) error {
	name := vm.DeviceName(l.hosted.Port)
	for deadline := time.Now().Add(deviceTimeout); ; time.Sleep(devicePoll) {
		_, err := l.handles[namespace].LinkByName(name)
		if err == nil {
			return l.plug(namespace, name, managementBridge)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("find the kernel's device %s, which leads to the control plane on the host: %w", name, err)
		}
	}
}

// LastAddress is the last address of a prefix that a host can have.
func LastAddress(p netip.Prefix) netip.Addr {
	last := p.Masked().Addr()
	for next := last; p.Contains(next); next = next.Next() {
		last = next
	}
	return last.Prev() // the last of all is for broadcasts
}
