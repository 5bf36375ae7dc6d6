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

// OutsideControlPlane is a control plane's place outside of the User-Mode Linux that
// its lab is in. The two are joined by one of the kernel's devices: it is a port of
// the lab's management network inside, and leads to the control plane outside.
type OutsideControlPlane struct {
	// Name is the place's own.
	Name string `json:"name"`
	// Port is the number of the kernel's device.
	Port int `json:"port"`
	// Dir is the folder of the control plane's files outside.
	Dir string `json:"dir"`
	// Prepared says that etcd begins with a prepared state.
	Prepared bool `json:"prepared"`
}

func (o OutsideControlPlane) place(t *topology.Topology) controlplane.Remote {
	return controlplane.Remote{Server: netip.AddrPortFrom(t.Management.Control, controlplane.Port), Host: cluster.ControlHost, Dir: o.Dir, Prepared: o.Prepared}
}

const (
	// devicePoll is the interval of looks for a device that another process moves here.
	devicePoll    = 10 * time.Millisecond
	deviceTimeout = 20 * time.Second
)

// plugOutside makes the kernel's device for this lab a port of the management network.
// The lab's starter moves it into the lab.
func (l *links) plugOutside(place string) error {
	name := vm.DeviceName(l.outside.Port)
	for deadline := time.Now().Add(deviceTimeout); ; time.Sleep(devicePoll) {
		_, err := l.handles[place].LinkByName(name)
		if err == nil {
			return l.plug(place, name, managementBridge)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("find the kernel's device %s, which leads to the control plane outside: %w", name, err)
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
