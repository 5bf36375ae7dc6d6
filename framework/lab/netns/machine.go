package netns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// MachineOptions are what a machine is started with.
type MachineOptions struct {
	// Name is the machine's name; empty for one made from Known.
	Name, Known string
	// Topology and Mode are those of the lab that it is for, for `lab list`; nil for a
	// machine that several labs are brought up in.
	Topology   *topology.Topology
	Mode       *calico.Mode
	Components component.Set
	// Seed is what Prepare has made for Services.
	Seed, Services string
	Kernel         vm.Kernel
	// MemoryMiB is its memory at most.
	MemoryMiB int
	Progress  func(lab.Event)
}

// Machine is a User-Mode Linux in which labs can be brought up: the nodes and routers
// of a lab are inside, its control plane outside, where programs start faster. It is
// listed, and ends, as a lab does.
type Machine struct{ lab *Lab }

// StartMachine starts a machine and returns when programs can be run in it. It ends
// with this process unless it is released.
func StartMachine(ctx context.Context, options MachineOptions) (*Machine, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	if options.Name == "" {
		options.Name = newName(options.Known)
	}
	l, err := up(ctx, Options{
		Name: options.Name, Topology: options.Topology, Mode: options.Mode, Components: options.Components, Progress: options.Progress,
	}, labinit.Spec{
		Seed:    options.Seed,
		Machine: &labinit.Machine{Init: program, Kernel: options.Kernel, MemoryMiB: options.MemoryMiB, Services: options.Services},
	})
	if err != nil {
		return nil, err
	}
	return &Machine{l}, nil
}

// AttachMachine finds a machine that is up.
func AttachMachine(name string) (*Machine, error) {
	f, err := folderOf(name)
	if err != nil {
		return nil, err
	}
	if !f.Held() {
		return nil, fmt.Errorf("lab %s: %w: `rackproof lab list` lists those that are up", name, registry.ErrNoLab)
	}
	spec, err := f.spec()
	if err != nil {
		return nil, err
	}
	if spec.Machine == nil {
		return nil, fmt.Errorf("lab %s is not inside User-Mode Linux", name)
	}
	pid, err := f.pid()
	if err != nil {
		return nil, fmt.Errorf("lab %s: find its process: %w", name, err)
	}
	l := &Lab{folder: f, spec: spec, pid: pid}
	return &Machine{l}, l.readRecord()
}

// Name is the machine's name.
func (m *Machine) Name() string { return m.lab.Name() }

// PID is the process on which the machine hangs.
func (m *Machine) PID() int { return m.lab.PID() }

// Run runs a program inside and returns its exit status.
func (m *Machine) Run(ctx context.Context, command vm.Command, streams vm.Streams) (int, error) {
	if err := m.checkProgram(command.Argv[0]); err != nil {
		return 0, err
	}
	if own := vm.OwnFolder(command.Dir); own != "" {
		return 0, fmt.Errorf("lab %s: the working directory %s is below %s, which is another one inside User-Mode Linux: change to another", m.Name(), command.Dir, own)
	}
	outside, err := m.lab.host(cluster.ControlHost)
	if err != nil {
		return 0, err
	}
	status, err := vm.Run(ctx, outside.DialContext, command, streams)
	if err != nil {
		return status, fmt.Errorf("lab %s: %w", m.Name(), err)
	}
	return status, nil
}

// checkProgram refuses a program that was built again after the machine was started
// with it: inside the older one is still visible, for hostfs does not notice that a
// file which is in use has been replaced.
func (m *Machine) checkProgram(program string) error {
	if program != m.lab.spec.Machine.Init {
		return nil
	}
	built, err := os.Stat(program)
	if err != nil {
		return err
	}
	started, err := os.Stat(m.lab.folder.Path(labinit.SpecFile))
	if err != nil {
		return fmt.Errorf("lab %s: find out when it was started: %w", m.Name(), err)
	}
	if built.ModTime().After(started.ModTime()) {
		return fmt.Errorf("lab %s: %s was built after the lab was brought up, and the lab sees the one before: use a copy of it at another path, or take the lab down and bring it up again", m.Name(), program)
	}
	return nil
}

// Log returns the last lines of the kernel's own log.
func (m *Machine) Log(lines int) ([]string, error) {
	return supervisor.Tail(supervisor.LogPath(m.lab.Logs(), labinit.MachineHost, labinit.KernelProgram), lines)
}

// Release lets the machine live on without this process.
func (m *Machine) Release() error { return m.lab.Release() }

// Down ends the machine and everything inside.
func (m *Machine) Down(ctx context.Context) error { return m.lab.Down(ctx) }

// CheckInside reports whether a topology's labs can be brought up inside a machine,
// where the lab needs one more address of the management network.
func CheckInside(t *topology.Topology) error {
	last := labinit.LastAddress(t.Management.Prefix)
	if t.Management.Control == last {
		return fmt.Errorf("topology %s: inside User-Mode Linux a lab needs %s, the last address of the management network, for itself: give the control plane another one", t.Name, last)
	}
	for _, node := range t.Nodes() {
		if node.Management == last {
			return t.HostErrorf(node.Name, "inside User-Mode Linux a lab needs %s, the last address of the management network, for itself: give %s another one", last, node.Name)
		}
	}
	return nil
}

// askForControlPlane asks the outside of this kernel for a place for a lab's control
// plane.
func askForControlPlane(ctx context.Context, spec labinit.Spec) (*labinit.OutsideControlPlane, error) {
	what := fmt.Sprintf("lab %s: ask for a control plane outside of User-Mode Linux", spec.Name)
	body, err := json.Marshal(labinit.PlaceRequest{Name: spec.Name, Topology: spec.Topology})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	url := "http://" + labinit.PlaceAddress().String() + labinit.PlacePath
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: new(net.Dialer).DialContext}}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(response.Body)
		return nil, fmt.Errorf("%s: %w", what, errors.New(strings.TrimSpace(string(text))))
	}
	var made labinit.OutsideControlPlane
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &made, nil
}

const (
	// deviceTimeout bounds the wait for a device that a lab before has had: the kernel
	// gives it back some time after the lab's end.
	deviceTimeout = 10 * time.Second
	devicePoll    = 10 * time.Millisecond
)

// giveDevice moves one of this kernel's devices into the network namespace of a lab's
// process.
func giveDevice(port, pid int) error {
	name := vm.DeviceName(port)
	for deadline := time.Now().Add(deviceTimeout); ; time.Sleep(devicePoll) {
		link, err := netlink.LinkByName(name)
		if err == nil {
			return netlink.LinkSetNsPid(link, pid)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("find device %s: %w", name, err)
		}
	}
}
