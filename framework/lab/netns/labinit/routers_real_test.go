package labinit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netns"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// realFabric is a leaf with clients of its reflection in FRR and BIRD 1.6, an external
// neighbour on the same link, and two spines that know the same prefixes.
const realFabric = `name: real
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: leaf0, role: leaf, rack: rack0, as: 65005, routerID: 10.1.5.1, software: SUBJECT}
  - {name: client0, role: leaf, rack: rack0, as: 65005, software: frr}
  - {name: client1, role: leaf, rack: rack0, as: 65005, software: bird}
  - {name: peer0, role: leaf, rack: rack1, as: 64600, software: frr}
  - {name: spine0, role: spine, as: 500}
  - {name: spine1, role: spine, as: 800}
  - {name: outside, role: spine, as: 900}
  - {name: host0, role: client}
  - {name: host1, role: client}
  - {name: host2, role: client}
  - {name: host9, role: client}
links:
  - name: br-rack
    bridge: true
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
      - {host: client0, interface: eth1, address: 10.1.5.10}
      - {host: client1, interface: eth1, address: 10.1.5.11}
      - {host: peer0, interface: eth1, address: 10.1.5.12}
  - name: up0
    prefix: 10.1.10.0/24
    ends:
      - {host: leaf0, interface: eth1, address: 10.1.10.1}
      - {host: spine0, interface: eth1, address: 10.1.10.2}
  - name: up1
    prefix: 10.1.12.0/24
    ends:
      - {host: leaf0, interface: eth2, address: 10.1.12.1}
      - {host: spine1, interface: eth1, address: 10.1.12.2}
  - name: out0
    prefix: 10.9.0.0/24
    ends:
      - {host: spine0, interface: eth2, address: 10.9.0.1}
      - {host: outside, interface: eth1, address: 10.9.0.2}
  - name: out1
    prefix: 10.9.1.0/24
    ends:
      - {host: spine1, interface: eth2, address: 10.9.1.1}
      - {host: outside, interface: eth2, address: 10.9.1.2}
  - name: stub0
    prefix: 10.2.0.0/24
    ends:
      - {host: client0, interface: eth2, address: 10.2.0.1}
      - {host: host0, interface: eth1, address: 10.2.0.2}
  - name: stub1
    prefix: 10.2.1.0/24
    ends:
      - {host: client1, interface: eth2, address: 10.2.1.1}
      - {host: host1, interface: eth1, address: 10.2.1.2}
  - name: stub2
    prefix: 10.2.2.0/24
    ends:
      - {host: peer0, interface: eth2, address: 10.2.2.1}
      - {host: host2, interface: eth1, address: 10.2.2.2}
  - name: stub9
    prefix: 10.9.9.0/24
    ends:
      - {host: outside, interface: eth3, address: 10.9.9.1}
      - {host: host9, interface: eth1, address: 10.9.9.2}
`

// realRouters says what the routers do. Sessions are made of pairs of hosts.
func realRouters(t *testing.T, top *topology.Topology) map[string]fabric.Router {
	t.Helper()
	routers := map[string]fabric.Router{}
	for _, host := range top.Hosts {
		if host.Role == topology.Client {
			continue
		}
		r := fabric.Router{Host: host.Name, Software: host.Software, AS: host.AS, RouterID: host.RouterID}
		for _, port := range host.Interfaces {
			r.Networks = append(r.Networks, port.Addresses[0].Masked())
		}
		routers[host.Name] = r
	}
	for _, pair := range [][3]string{
		{"br-rack", "leaf0", "client0"}, {"br-rack", "leaf0", "client1"}, {"br-rack", "leaf0", "peer0"},
		{"up0", "leaf0", "spine0"}, {"up1", "leaf0", "spine1"}, {"out0", "spine0", "outside"}, {"out1", "spine1", "outside"},
	} {
		link, _ := top.Link(pair[0])
		for _, ends := range [][2]string{{pair[1], pair[2]}, {pair[2], pair[1]}} {
			near, okNear := link.End(ends[0])
			far, okFar := link.End(ends[1])
			if !okNear || !okFar {
				t.Fatalf("link %s does not join %v", link.Name, ends)
			}
			r := routers[ends[0]]
			internal := r.AS == routers[ends[1]].AS
			r.Neighbors = append(r.Neighbors, fabric.Neighbor{
				Host: ends[1], Address: far.Addresses[0].Addr(), Local: near.Addresses[0].Addr(), AS: routers[ends[1]].AS,
				ReflectorClient: internal && ends[0] == "leaf0", NextHopSelf: internal && ends[0] == "leaf0",
			})
			routers[ends[0]] = r
		}
	}
	return routers
}

// realVariable tells the test that it is the process that the routers are in.
const realVariable = "RACKPROOF_TEST_ROUTERS"

// TestRealRouters runs each software as the leaf of a small fabric, without a cluster,
// and compares sessions, paths and kernel tables of all routers with the oracle: as the
// leaf starts, and after changes that it makes while it runs.
func TestRealRouters(t *testing.T) {
	if subject := os.Getenv(realVariable); subject != "" {
		insideRealRouters(t, topology.Software(subject))
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("not root: real routers need namespaces")
	}
	for _, driver := range drivers.All() {
		t.Run(string(driver.Name()), func(t *testing.T) {
			for _, needed := range []topology.Software{driver.Name(), frr.Name, bird.Name} {
				if missing := missingPrograms(t, needed); len(missing) > 0 {
					t.Skipf("%s is not installed (%s)", needed, strings.Join(missing, ", "))
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "/proc/self/exe", "-test.run=^TestRealRouters$", "-test.v")
			cmd.Env = append(os.Environ(), realVariable+"="+string(driver.Name()), "TMPDIR="+t.TempDir())
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS, Pdeathsig: syscall.SIGKILL,
			}
			output, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			t.Logf("%s", output)
		})
	}
}

// missingPrograms are those of a software's programs that are not on the machine.
func missingPrograms(t *testing.T, software topology.Software) []string {
	t.Helper()
	driver, err := drivers.Of(software)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, r := range driver.Requirements() {
		_, err := exec.LookPath(r.Program)
		if _, own := os.Stat(filepath.Join(realFolder(t, software), r.Program)); err != nil && own != nil {
			missing = append(missing, r.Program)
		}
	}
	return missing
}

// realFolder is a software's own folder in the cache.
func realFolder(t *testing.T, software topology.Software) string {
	t.Helper()
	cache, err := component.DefaultCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return component.RouterFolder(cache, string(software))
}

// insideRealRouters is the test in the namespaces that its process has been given.
func insideRealRouters(t *testing.T, subject topology.Software) {
	top, err := topology.Load("real.yaml", []byte(strings.ReplaceAll(realFabric, "SUBJECT", string(subject))), drivers.Names())
	if err != nil {
		t.Fatal(err)
	}
	routers := realRouters(t, top)
	state, confd, manifests := t.TempDir(), t.TempDir(), t.TempDir()
	spec := Spec{Name: "real", Topology: top, Confd: confd, Manifests: manifests}
	for _, r := range routers {
		spec.Routers = append(spec.Routers, r)
	}
	if folder := realFolder(t, subject); exists(folder) {
		spec.ProgramFolders = []string{folder}
	}
	if err := makeRoot(state, spec); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", SearchPath(spec))
	l := &running{process: &process{events: json.NewEncoder(io.Discard)}, spec: spec, hosts: map[string]namespace.Set{}}
	l.supervisor = supervisor.New(filepath.Join(stateFolder, LogFolder), func(s supervisor.Status) { t.Errorf("%s", s.Error) })
	go l.supervisor.Reap(t.Context())
	if err := l.makeNetwork(); err != nil {
		t.Fatal(err)
	}
	l.routers = routersOf(spec)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := l.startRouters(ctx); err != nil {
		t.Fatal(err)
	}
	rack := &realLab{t: t, lab: l, top: top}
	rack.agree("at the start")

	change := func(host, neighbor string, how func(*fabric.Neighbor)) {
		r := l.routers[host].config.Clone()
		for i := range r.Neighbors {
			if r.Neighbors[i].Host == neighbor {
				how(&r.Neighbors[i])
			}
		}
		if err := l.configureRouter(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	secret := func(n *fabric.Neighbor) { n.Password = "s3cret" }
	hops := func(n *fabric.Neighbor) { n.TTLSecurity = 1 }
	change("leaf0", "client0", secret)
	change("leaf0", "spine0", hops)
	rack.agree("with a password that one end has")
	change("client0", "leaf0", secret)
	change("spine0", "leaf0", hops)
	rack.agree("with a password and TTL security")
	change("leaf0", "client1", func(n *fabric.Neighbor) { n.TTLSecurity, n.NextHopSelf = 1, false })
	rack.agree("with TTL security for a client, which has not, and without next-hop-self")
	change("leaf0", "peer0", func(n *fabric.Neighbor) { n.NextHopSelf = true })
	change("leaf0", "client0", func(n *fabric.Neighbor) { n.ReflectorClient = false })
	rack.agree("with next-hop-self on a link, and one client")

	onPurpose(ctx, rack)

	r := l.routers["leaf0"].config.Clone()
	r.Neighbors, r.Networks = r.Neighbors[:len(r.Neighbors)-1], r.Networks[:1]
	if err := l.configureRouter(ctx, r); err != nil {
		t.Fatal(err)
	}
	rack.agree("without a neighbour and networks")
	r = r.Clone()
	r.ForgetRestarting = true
	if err := l.configureRouter(ctx, r); err != nil {
		t.Fatal(err)
	}
	rack.agree("without graceful restart")
	for _, other := range drivers.Names() {
		if other == subject || (other != frr.Name && other != bird.Name) {
			continue
		}
		changed := l.routers["leaf0"].config.Clone()
		changed.Software = other
		if err := l.configureRouter(ctx, changed); err != nil {
			t.Fatal(err)
		}
		rack.agree(fmt.Sprintf("after a change to %s", other))
	}
}

// onPurpose has routers do what operators have them do: announce default routes and drain.
// Those around the leaf run FRR, so that the leaf's software hears of it whether it can do
// so itself or not.
func onPurpose(ctx context.Context, rack *realLab) {
	t, l := rack.t, rack.lab
	t.Helper()
	configure := func(host string, how func(*fabric.Router)) {
		t.Helper()
		r := l.routers[host].config.Clone()
		how(&r)
		if err := l.configureRouter(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	originate := func(on bool) func(*fabric.Router) {
		return func(r *fabric.Router) {
			for i := range r.Neighbors {
				r.Neighbors[i].DefaultOriginate = on
			}
		}
	}
	shutdown := func(on bool) func(*fabric.Router) { return func(r *fabric.Router) { r.GracefulShutdown = on } }
	configure("outside", originate(true))
	rack.agree("with a default route from outside")
	configure("spine0", shutdown(true))
	rack.agree("with a spine that is about to go")
	configure("client0", shutdown(true))
	rack.agree("with a client that is about to go")

	subject := l.routers["leaf0"].config.Clone()
	originate(true)(&subject)
	subject.GracefulShutdown = true
	if driver, err := drivers.Of(subject.Software); err != nil {
		t.Fatal(err)
	} else if driver.Check(subject) == nil {
		configure("leaf0", originate(true))
		rack.agree("with a default route of the leaf's")
		configure("leaf0", shutdown(true))
		rack.agree("with a leaf that is about to go")
		configure("leaf0", func(r *fabric.Router) { originate(false)(r); shutdown(false)(r) })
		rack.agree("with a leaf that stays")
	}
	configure("client0", shutdown(false))
	configure("spine0", shutdown(false))
	// FRR 8.4 loses the withdrawal of a default route while it announces its routes again,
	// for which spine0 has just asked.
	rack.agree("with a default route from outside alone")
	configure("outside", originate(false))
	rack.agree("as it was")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// realLab compares the routers with the oracle.
type realLab struct {
	t   *testing.T
	lab *running
	top *topology.Topology
}

// agree waits until sessions, paths and tables are what the oracle computes.
func (r *realLab) agree(when string) {
	r.t.Helper()
	state := oracle.State{Topology: r.top, Routers: r.lab.routerPlan(), Software: drivers.Software()}
	began := time.Now()
	for deadline := began.Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		differences := r.differences(state)
		if differences == "" {
			r.t.Logf("%s: agrees after %.1f s; leaf0 has %d sessions and %d paths", when, time.Since(began).Seconds(), r.established(state), r.paths(state))
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s:\n%s", when, differences)
		}
	}
}

// established is how many sessions of leaf0 are expected to be up. A fabric without any
// would prove nothing.
func (r *realLab) established(state oracle.State) int {
	sessions, err := state.Sessions()
	if err != nil {
		r.t.Fatal(err)
	}
	up := 0
	for _, s := range sessions["leaf0"] {
		if s.State == session.Established {
			up++
		}
	}
	if up == 0 {
		r.t.Fatal("no session of leaf0 is expected to be up")
	}
	return up
}

func (r *realLab) paths(state oracle.State) int {
	paths, err := state.Paths()
	if err != nil {
		r.t.Fatal(err)
	}
	return len(paths["leaf0"])
}

func (r *realLab) differences(state oracle.State) string {
	wantSessions, err := state.Sessions()
	if err != nil {
		r.t.Fatal(err)
	}
	wantPaths, err := state.Paths()
	if err != nil {
		r.t.Fatal(err)
	}
	wantTables, err := state.Tables()
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Second)
	defer cancel()
	gotSessions, gotPaths, gotTables := session.Sessions{}, path.Tables{}, route.Tables{}
	var text strings.Builder
	for _, config := range state.Routers {
		driver, err := drivers.Of(config.Software)
		if err != nil {
			r.t.Fatal(err)
		}
		host := realHost{r.lab.hosts[config.Host], config.Host}
		sessions, err := driver.Sessions(ctx, host)
		if err != nil {
			fmt.Fprintf(&text, "%s: %v\n", config.Host, err)
		}
		gotSessions[config.Host] = sessions
		paths, err := driver.Paths(ctx, host)
		if err != nil {
			fmt.Fprintf(&text, "%s: %v\n", config.Host, err)
		}
		var shared path.Paths
		for _, p := range paths {
			if !p.Stale {
				shared = append(shared, p.Path)
			}
		}
		gotPaths[config.Host] = shared.Sorted()
	}
	for _, host := range r.top.Hosts {
		table, err := observe.KernelTable(realHost{r.lab.hosts[host.Name], host.Name}, host.Families())
		if err != nil {
			fmt.Fprintf(&text, "%s: %v\n", host.Name, err)
		}
		gotTables[host.Name] = table
	}
	text.WriteString(diff.Compare(wantSessions, session.Settled(gotSessions)).String())
	for _, config := range state.Routers {
		want, got := describePaths(wantPaths[config.Host]), describePaths(gotPaths[config.Host])
		if want != got {
			fmt.Fprintf(&text, "paths of %s:\nwant\n%s\ngot\n%s\n", config.Host, want, got)
		}
	}
	text.WriteString(diff.Compare(wantTables, gotTables).String())
	return text.String()
}

func describePaths(paths path.Paths) string {
	var text strings.Builder
	for _, p := range paths {
		fmt.Fprintf(&text, "  %s\n", p)
	}
	return text.String()
}

// realHost is a host as drivers and observation see it.
type realHost struct {
	namespace.Set
	name string
}

func (h realHost) Name() string { return h.name }

func (h realHost) Lab() string { return "real" }

func (h realHost) NetworkNamespace() (netns.NsHandle, error) {
	fd, err := syscall.Dup(int(h.Net.Fd()))
	return netns.NsHandle(fd), err
}

func (h realHost) Run(context.Context, ...string) ([]byte, error) {
	return nil, fmt.Errorf("%s: nothing is run here", h.name)
}

var _ router.Host = realHost{}
