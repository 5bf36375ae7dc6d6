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
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// machineMemory is a User-Mode Linux's memory in MiB. A lab of three nodes takes half
// of it; what is not used is not taken from this machine.
const machineMemory = 3072

// virtualMachine is a User-Mode Linux in which labs can be brought up: the nodes and
// routers of a lab are inside, its control plane on the host, where programs start faster.
// It is listed, and ends, as a lab does.
type virtualMachine struct{ *Lab }

// Inside implements lab.Virtualizer.
func (Provider) Inside() bool { return vm.Inside() }

// ChooseKernel implements lab.Virtualizer.
func (Provider) ChooseKernel(ctx context.Context, wanted lab.Kernel, modes ...*calico.Mode) (lab.Kernel, error) {
	switch {
	case vm.Inside() || wanted == lab.HostKernel:
		return lab.HostKernel, nil
	case wanted == lab.UMLKernel:
		if err := canRunUML(ctx); err != nil {
			return "", fmt.Errorf("%w: this machine runs no User-Mode Linux: %w", lab.ErrUnable, err)
		}
		return lab.UMLKernel, nil
	}
	var needs []capability.Need
	for _, mode := range modes {
		needs = append(needs, capability.Mode(mode))
	}
	err := capability.Check(ctx, needs...)
	lacking, ok := errors.AsType[*capability.Error](err)
	if !ok || !lacking.OnlyFeatures() {
		return lab.HostKernel, err
	}
	if missing := canRunUML(ctx); missing != nil {
		return "", fmt.Errorf("%w: %w\nUser-Mode Linux would do, and cannot be run: %w", lab.ErrUnable, err, missing)
	}
	return lab.UMLKernel, nil
}

// canRunUML tells what keeps this machine from running User-Mode Linux.
func canRunUML(ctx context.Context) error {
	if _, err := findUML(); err != nil {
		return err
	}
	return capability.Check(ctx, machineNeed())
}

// findUML finds the User-Mode Linux that labs run in.
func findUML() (vm.Kernel, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return vm.Kernel{}, err
	}
	return vm.Find(component.KernelProgram(cache))
}

// StartMachine implements lab.Virtualizer. It prepares what the control planes of labs
// inside begin with.
func (Provider) StartMachine(ctx context.Context, options lab.MachineOptions) (lab.Machine, error) {
	for what, path := range options.Files {
		if own := vm.OwnFolder(path); own != "" {
			return nil, fmt.Errorf("the %s %s is below %s, which is another one inside User-Mode Linux, where this program has to run: use another", what, path, own)
		}
	}
	needs, err := needsOf(options.Topology)
	if err != nil {
		return nil, err
	}
	if err := capability.Check(ctx, append(needs, machineNeed())...); err != nil {
		return nil, err
	}
	if err := checkAddresses(options.Topology); err != nil {
		return nil, err
	}
	kernel, err := findUML()
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	cache, components, err := locate(options.Mode)
	if err != nil {
		return nil, err
	}
	made := lab.Options{Name: options.Name, Topology: options.Topology, Mode: options.Mode}
	seed, err := prepare(ctx, made, components, cache)
	if err != nil {
		return nil, err
	}
	if made.Name == "" {
		made.Name = newName(options.Known)
	}
	made.Progress = options.Progress
	if options.Mode == nil {
		// `lab list` has no topology of a machine that several labs are brought up in.
		made.Topology = nil
	}
	l, err := up(ctx, made, components, labinit.Spec{
		Seed: seed,
		VirtualMachine: &labinit.VirtualMachine{
			Init: program, Kernel: kernel, MemoryMiB: machineMemory, Services: options.Topology.Services.String(),
		},
	})
	if err != nil {
		return nil, err
	}
	return &virtualMachine{l}, nil
}

// AttachMachine implements lab.Virtualizer.
func (Provider) AttachMachine(name string) (lab.Machine, error) {
	l, err := findUp(name)
	if err != nil {
		return nil, err
	}
	if l.spec.VirtualMachine == nil {
		return nil, fmt.Errorf("lab %s is not inside User-Mode Linux", name)
	}
	return &virtualMachine{l}, l.readRecord()
}

// Rerun implements lab.Machine.
func (m *virtualMachine) Rerun(ctx context.Context, arguments []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	if err := m.checkProgram(); err != nil {
		return 0, err
	}
	host, err := m.host(cluster.ControlHost)
	if err != nil {
		return 0, err
	}
	status, err := vm.Rerun(ctx, host.DialContext, arguments, stdin, stdout, stderr)
	if err != nil {
		return status, fmt.Errorf("lab %s: %w", m.Name(), err)
	}
	return status, nil
}

// checkProgram refuses a program that was built again after the machine was started
// with it: inside the older one is still visible, for hostfs does not notice that a
// file which is in use has been replaced.
func (m *virtualMachine) checkProgram() error {
	program, err := os.Executable()
	if err != nil || program != m.spec.VirtualMachine.Init {
		return err
	}
	built, err := os.Stat(program)
	if err != nil {
		return err
	}
	started, err := os.Stat(m.folder.Path(labinit.SpecFile))
	if err != nil {
		return fmt.Errorf("lab %s: find out when it was started: %w", m.Name(), err)
	}
	if built.ModTime().After(started.ModTime()) {
		return fmt.Errorf("lab %s: %s was built after the lab was brought up, and the lab sees the one before: use a copy of it at another path, or take the lab down and bring it up again", m.Name(), program)
	}
	return nil
}

// Log implements lab.Machine.
func (m *virtualMachine) Log(lines int) ([]string, error) {
	return supervisor.Tail(supervisor.LogPath(m.Logs(), labinit.MachineHost, labinit.KernelProgram), lines)
}

// checkAddresses reports whether a topology's labs can be brought up inside a machine,
// where the lab needs one more address of the management network.
func checkAddresses(t *topology.Topology) error {
	last := labinit.LastAddress(t.Management.Prefix)
	if t.Management.Control == last {
		return fmt.Errorf("topology %s: inside User-Mode Linux a lab needs %s, the last address of the management network, for itself: give the control plane another one", t.Name, last)
	}
	for _, node := range t.CalicoNodes() {
		if node.Management == last {
			return t.HostErrorf(node.Name, "inside User-Mode Linux a lab needs %s, the last address of the management network, for itself: give %s another one", last, node.Name)
		}
	}
	return nil
}

// askForControlPlane asks the host of this virtual machine for a lab's control plane.
func askForControlPlane(ctx context.Context, spec labinit.Spec) (*labinit.HostedControlPlane, error) {
	what := fmt.Sprintf("lab %s: ask for a control plane on the host of User-Mode Linux", spec.Name)
	body, err := json.Marshal(labinit.ControlPlaneRequest{Name: spec.Name, Topology: spec.Topology})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	url := "http://" + labinit.ControlPlaneServer().String() + labinit.ControlPlanePath
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
	var made labinit.HostedControlPlane
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
