package labinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/rackproof/rackproof/framework/cluster/controlplane"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// ControlPlaneRequest asks the host of a virtual machine for a lab's control plane.
type ControlPlaneRequest struct {
	// Name is the lab's.
	Name string `json:"name"`
	// Topology is the lab's, for its management network and its nodes' addresses.
	Topology *topology.Topology `json:"topology"`
}

// ControlPlanePath is where a ControlPlaneRequest is posted to.
const ControlPlanePath = "/controlplanes"

// ControlPlaneServer is where the host of a virtual machine serves ControlPlanePath.
func ControlPlaneServer() netip.AddrPort {
	return netip.AddrPortFrom(vm.OutsideAddress().Addr(), controlplane.Port)
}

// managementPort is a control plane's interface in the management network.
const managementPort = "eth0"

// holdTimeout bounds how long a control plane may stay without a lab.
const holdTimeout = time.Minute

// hosting is a control plane of a lab inside.
type hosting struct {
	machine  *virtualMachine
	name     string
	port     int
	network  *os.File
	local    controlplane.Local
	server   *http.Server
	unwanted *time.Timer
	once     sync.Once
	// deaths are told to the lab.
	deaths chan string
}

// serve serves requests for control planes to the machine.
func (m *virtualMachine) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ControlPlaneServer().String())
	if err != nil {
		return fmt.Errorf("serve control planes: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+ControlPlanePath, func(w http.ResponseWriter, r *http.Request) {
		var request ControlPlaneRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		made, err := m.host(ctx, request)
		if err != nil {
			answer(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(made)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: stopTimeout}
	go func() { _ = server.Serve(listener) }()
	return nil
}

// host hosts a lab's control plane. It goes when its lab does.
func (m *virtualMachine) host(ctx context.Context, request ControlPlaneRequest) (HostedControlPlane, error) {
	h, err := m.reserve(request.Name)
	if err != nil {
		return HostedControlPlane{}, err
	}
	h.unwanted = time.AfterFunc(holdTimeout, h.end)
	if err := h.make(ctx, request.Topology); err != nil {
		h.end()
		return HostedControlPlane{}, fmt.Errorf("host the control plane of lab %s: %w", request.Name, err)
	}
	return HostedControlPlane{Name: h.name, Port: h.port, Dir: h.local.Dir, Prepared: h.local.Seeded()}, nil
}

// reserve registers a control plane under a port that is free.
func (m *virtualMachine) reserve(name string) (*hosting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.controlPlanes[name]; taken {
		return nil, fmt.Errorf("lab %s has a control plane already", name)
	}
	used := map[int]bool{}
	for _, h := range m.controlPlanes {
		used[h.port] = true
	}
	for range vm.Ports {
		m.turn++
		if port := (m.turn-1)%vm.Ports + 1; !used[port] {
			h := &hosting{machine: m, name: name, port: port, deaths: make(chan string, 16)}
			m.controlPlanes[name] = h
			return h, nil
		}
	}
	return nil, fmt.Errorf("%d labs are up inside, and there are no more devices: take one down", len(m.controlPlanes))
}

func (h *hosting) make(ctx context.Context, t *topology.Topology) error {
	var err error
	if h.network, err = makeNetworkNamespace(h.namespace()); err != nil {
		return err
	}
	if err := h.makeNetwork(t); err != nil {
		return err
	}
	h.local = controlplane.Local{
		Host: h.name, Dir: filepath.Join(controlFolder, h.name),
		Environment: h.machine.lab.environment(), Supervisor: h.machine.lab.supervisor,
		Namespaces: namespace.Set{Net: h.network},
	}
	if h.machine.lab.spec.Seed != "" && h.machine.lab.spec.VirtualMachine.Services == t.Services.String() {
		h.local.Seed = filepath.Join(programFolder, seedFolder)
	}
	if err := os.MkdirAll(h.local.Dir, 0o700); err != nil {
		return err
	}
	listener, err := namespace.Set{Net: h.network}.Listen(ctx, "tcp", netip.AddrPortFrom(t.Management.Control, controlplane.Port).String())
	if err != nil {
		return err
	}
	h.server = &http.Server{Handler: controlplane.Serve(h.local, h.serveLifeline), ReadHeaderTimeout: stopTimeout}
	go func() { _ = h.server.Serve(listener) }()
	return nil
}

func (h *hosting) namespace() string { return "control-" + h.name }

// makeNetwork makes the control plane's end of the management network, and the routes
// to the nodes' own addresses, at which their agents answer.
func (h *hosting) makeNetwork(t *topology.Topology) error {
	l := links{topology: t, handles: map[string]*netlink.Handle{}, files: map[string]*os.File{}}
	defer l.close()
	const machine, control = "machine", "control"
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	if err := errors.Join(l.open(machine, own), l.open(control, h.network)); err != nil {
		return err
	}
	// The kernel's device stays where the kernel's process is, and up: what the kernel
	// sends while it is down makes the kernel give the device up.
	if err := l.addBridge(machine, h.bridge(), 1500); err != nil {
		return err
	}
	if err := l.veth(control, managementPort, machine, h.bridge()+"p", 1500); err != nil {
		return err
	}
	if err := errors.Join(l.plug(machine, h.bridge()+"p", h.bridge()), l.plug(machine, vm.TapName(h.port), h.bridge())); err != nil {
		return err
	}
	address := netip.PrefixFrom(t.Management.Control, t.Management.Prefix.Bits())
	if err := l.configure(control, managementPort, address); err != nil {
		return err
	}
	for _, node := range t.Nodes() {
		entry := &netlink.Route{Dst: ipNet(route.Single(node.Address())), Gw: node.Management.AsSlice()}
		if err := l.handles[control].RouteAdd(entry); err != nil {
			return fmt.Errorf("route to %s: %w", node.Name, err)
		}
	}
	return nil
}

// bridge is the name of the bridge between the kernel's device and the control plane.
func (h *hosting) bridge() string { return fmt.Sprintf("lab%d", h.port) }

// removeNetwork removes what makeNetwork has made beside the control plane's own
// network namespace, with which the rest goes.
func (h *hosting) removeNetwork() {
	for _, name := range []string{h.bridge() + "p", h.bridge()} {
		if link, err := netlink.LinkByName(name); err == nil {
			_ = netlink.LinkDel(link)
		}
	}
}

// serveLifeline is a request that lasts as long as the lab does.
func (h *hosting) serveLifeline(w http.ResponseWriter, r *http.Request) {
	h.unwanted.Stop()
	defer h.end()
	control := http.NewResponseController(w)
	w.WriteHeader(http.StatusOK)
	_ = control.Flush()
	for {
		select {
		case death := <-h.deaths:
			_ = json.NewEncoder(w).Encode(death)
			_ = control.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// controlPlaneDied tells the lab of a control plane that one of its programs has ended
// unasked. It is false for what is no control plane's.
func (m *virtualMachine) controlPlaneDied(status supervisor.Status) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.controlPlanes[status.Host]
	if !ok {
		return false
	}
	select {
	case h.deaths <- status.Error:
	default: // the lab knows enough
	}
	return true
}

// end takes the control plane away.
func (h *hosting) end() {
	h.once.Do(func() {
		h.unwanted.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		// First of all nothing is started any more.
		if h.server != nil {
			_ = h.server.Close()
		}
		for _, program := range h.machine.lab.supervisor.Status() {
			if program.Host == h.name {
				_ = h.local.Stop(ctx, program.Name, syscall.SIGKILL)
				_ = h.machine.lab.supervisor.Forget(h.name, program.Name)
			}
		}
		if h.network != nil {
			h.removeNetwork()
			_ = h.network.Close()
			_ = netns.DeleteNamed(h.namespace())
		}
		_ = os.RemoveAll(h.local.Dir)
		h.machine.mu.Lock()
		defer h.machine.mu.Unlock()
		delete(h.machine.controlPlanes, h.name)
	})
}
