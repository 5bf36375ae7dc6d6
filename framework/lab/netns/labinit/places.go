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

// PlaceRequest asks the outside of a User-Mode Linux for a place for a lab's control
// plane.
type PlaceRequest struct {
	// Name is the lab's.
	Name string `json:"name"`
	// Topology is the lab's, for its management network and its nodes' addresses.
	Topology *topology.Topology `json:"topology"`
}

// PlacePath is where a PlaceRequest is posted to.
const PlacePath = "/controlplanes"

// PlaceAddress is where the outside of a User-Mode Linux serves PlacePath.
func PlaceAddress() netip.AddrPort {
	return netip.AddrPortFrom(vm.OutsideAddress().Addr(), controlplane.Port)
}

// managementPort is a control plane's interface in the management network.
const managementPort = "eth0"

// holdTimeout bounds how long a place may stay without a lab.
const holdTimeout = time.Minute

// place is a control plane of a lab inside.
type place struct {
	machine  *machine
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

// serve serves requests for places to the kernel.
func (m *machine) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", PlaceAddress().String())
	if err != nil {
		return fmt.Errorf("serve control planes: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+PlacePath, func(w http.ResponseWriter, r *http.Request) {
		var request PlaceRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		made, err := m.makePlace(ctx, request)
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

// makePlace makes a place for a lab's control plane. It goes when its lab does.
func (m *machine) makePlace(ctx context.Context, request PlaceRequest) (OutsideControlPlane, error) {
	p, err := m.newPlace(request.Name)
	if err != nil {
		return OutsideControlPlane{}, err
	}
	p.unwanted = time.AfterFunc(holdTimeout, p.end)
	if err := p.make(ctx, request.Topology); err != nil {
		p.end()
		return OutsideControlPlane{}, fmt.Errorf("make a place for the control plane of lab %s: %w", request.Name, err)
	}
	return OutsideControlPlane{Name: p.name, Port: p.port, Dir: p.local.Dir, Prepared: p.local.Seeded()}, nil
}

// newPlace registers a place under a port that is free.
func (m *machine) newPlace(name string) (*place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.places[name]; taken {
		return nil, fmt.Errorf("lab %s has a control plane already", name)
	}
	used := map[int]bool{}
	for _, p := range m.places {
		used[p.port] = true
	}
	for range vm.Ports {
		m.turn++
		if port := (m.turn-1)%vm.Ports + 1; !used[port] {
			p := &place{machine: m, name: name, port: port, deaths: make(chan string, 16)}
			m.places[name] = p
			return p, nil
		}
	}
	return nil, fmt.Errorf("%d labs are up inside, and there are no more devices: take one down", len(m.places))
}

func (p *place) make(ctx context.Context, t *topology.Topology) error {
	var err error
	if p.network, err = makeNetworkNamespace(p.namespace()); err != nil {
		return err
	}
	if err := p.makeNetwork(t); err != nil {
		return err
	}
	p.local = controlplane.Local{
		Host: p.name, Dir: filepath.Join(controlFolder, p.name),
		Environment: p.machine.lab.environment(), Supervisor: p.machine.lab.supervisor,
		Namespaces: namespace.Set{Net: p.network},
	}
	if p.machine.lab.spec.Seed != "" && p.machine.lab.spec.Machine.Services == t.Services.String() {
		p.local.Seed = filepath.Join(programFolder, seedFolder)
	}
	if err := os.MkdirAll(p.local.Dir, 0o700); err != nil {
		return err
	}
	listener, err := namespace.Set{Net: p.network}.Listen(ctx, "tcp", netip.AddrPortFrom(t.Management.Control, controlplane.Port).String())
	if err != nil {
		return err
	}
	p.server = &http.Server{Handler: controlplane.Serve(p.local, p.serveLifeline), ReadHeaderTimeout: stopTimeout}
	go func() { _ = p.server.Serve(listener) }()
	return nil
}

func (p *place) namespace() string { return "control-" + p.name }

// makeNetwork makes the control plane's end of the management network, and the routes
// to the nodes' own addresses, at which their agents answer.
func (p *place) makeNetwork(t *topology.Topology) error {
	l := links{topology: t, handles: map[string]*netlink.Handle{}, files: map[string]*os.File{}}
	defer l.close()
	const machine, control = "machine", "control"
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	if err := errors.Join(l.open(machine, own), l.open(control, p.network)); err != nil {
		return err
	}
	// The kernel's device stays where the kernel's process is, and up: what the kernel
	// sends while it is down makes the kernel give the device up.
	if err := l.addBridge(machine, p.bridge(), 1500); err != nil {
		return err
	}
	if err := l.veth(control, managementPort, machine, p.bridge()+"p", 1500); err != nil {
		return err
	}
	if err := errors.Join(l.plug(machine, p.bridge()+"p", p.bridge()), l.plug(machine, vm.TapName(p.port), p.bridge())); err != nil {
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
func (p *place) bridge() string { return fmt.Sprintf("lab%d", p.port) }

// removeNetwork removes what makeNetwork has made beside the control plane's own
// network namespace, with which the rest goes.
func (p *place) removeNetwork() {
	for _, name := range []string{p.bridge() + "p", p.bridge()} {
		if link, err := netlink.LinkByName(name); err == nil {
			_ = netlink.LinkDel(link)
		}
	}
}

// serveLifeline is a request that lasts as long as the lab does.
func (p *place) serveLifeline(w http.ResponseWriter, r *http.Request) {
	p.unwanted.Stop()
	defer p.end()
	control := http.NewResponseController(w)
	w.WriteHeader(http.StatusOK)
	_ = control.Flush()
	for {
		select {
		case death := <-p.deaths:
			_ = json.NewEncoder(w).Encode(death)
			_ = control.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// placeDied tells the lab of a control plane that one of its programs has ended
// unasked. It is false for what is no control plane's.
func (m *machine) placeDied(status supervisor.Status) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.places[status.Host]
	if !ok {
		return false
	}
	select {
	case p.deaths <- status.Error:
	default: // the lab knows enough
	}
	return true
}

// end takes the place away.
func (p *place) end() {
	p.once.Do(func() {
		p.unwanted.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		// First of all nothing is started any more.
		if p.server != nil {
			_ = p.server.Close()
		}
		for _, program := range p.machine.lab.supervisor.Status() {
			if program.Host == p.name {
				_ = p.local.Stop(ctx, program.Name, syscall.SIGKILL)
				_ = p.machine.lab.supervisor.Forget(p.name, program.Name)
			}
		}
		if p.network != nil {
			p.removeNetwork()
			_ = p.network.Close()
			_ = netns.DeleteNamed(p.namespace())
		}
		_ = os.RemoveAll(p.local.Dir)
		p.machine.mu.Lock()
		defer p.machine.mu.Unlock()
		delete(p.machine.places, p.name)
	})
}
