package labinit

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/supervisor"
)

func TestPortsOfControlPlanes(t *testing.T) {
	m := newVirtualMachine(nil, nil, "")
	for n := range vm.Ports {
		p, err := m.reserve(fmt.Sprint("lab", n))
		if err != nil || p.port != n+1 {
			t.Fatalf("control plane %d: got %+v, %v", n, p, err)
		}
	}
	if _, err := m.reserve("one-more"); err == nil {
		t.Error("there is a port for more labs than the kernel has devices")
	}
	if _, err := m.reserve("lab0"); err == nil {
		t.Error("a lab has two control planes")
	}
	delete(m.controlPlanes, "lab2")
	delete(m.controlPlanes, "lab0")
	for _, want := range []int{1, 3} {
		if p, err := m.reserve(fmt.Sprint("again", want)); err != nil || p.port != want {
			t.Errorf("got %+v, %v; want port %d", p, err, want)
		}
	}
	// A port that was just given back comes last: the kernel may still have its device
	// in the lab that is gone.
	delete(m.controlPlanes, "again3")
	delete(m.controlPlanes, "lab5")
	if p, err := m.reserve("next"); err != nil || p.port != 6 {
		t.Errorf("got %+v, %v; want port 6", p, err)
	}
}

func TestDeathsOfControlPlanesAreTheirLabs(t *testing.T) {
	m := newVirtualMachine(nil, nil, "")
	p, err := m.reserve("ipip")
	if err != nil {
		t.Fatal(err)
	}
	if m.controlPlaneDied(supervisor.Status{Host: MachineHost, Name: KernelProgram, Error: "killed"}) {
		t.Error("the kernel's end is a control plane's")
	}
	if !m.controlPlaneDied(supervisor.Status{Host: "ipip", Name: "etcd", Error: "etcd ended"}) {
		t.Error("nobody is told of etcd's end")
	}
	if got := <-p.deaths; got != "etcd ended" {
		t.Errorf("got %q", got)
	}
}

func TestLastAddress(t *testing.T) {
	for prefix, want := range map[string]string{"172.30.0.0/24": "172.30.0.254", "10.0.0.8/30": "10.0.0.10", "10.1.2.3/16": "10.1.255.254"} {
		if got := LastAddress(netip.MustParsePrefix(prefix)); got.String() != want {
			t.Errorf("%s: got %s, want %s", prefix, got, want)
		}
	}
}
