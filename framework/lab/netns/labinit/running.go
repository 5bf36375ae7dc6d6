package labinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/cluster/controlplane"
	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// running is a lab while it is made and lives.
type running struct {
	process    *process
	spec       Spec
	supervisor *supervisor.Supervisor
	hosts      map[string]namespace.Set
	// routers are those of the fabric, by host.
	routers map[string]*configured
	// cluster is nil until all nodes are started.
	cluster atomic.Pointer[cluster.Cluster]
	// controlPlane is where the control plane runs.
	controlPlane controlplane.Place
	// machine is set if this is the host of a virtual machine.
	machine *virtualMachine
}

// start makes hosts and links, and then starts routers and cluster side by side.
func (l *running) start(ctx context.Context) error {
	done := l.process.phase("namespaces")
	err := l.makeNetwork()
	done(err)
	if err != nil {
		return err
	}
	if err := l.publish(); err != nil {
		return err
	}
	l.routers = routersOf(l.spec)
	if l.controlPlane, err = l.findControlPlane(ctx); err != nil {
		return err
	}
	if err := l.serveControl(ctx); err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error {
		done := l.process.phase("routers")
		err := l.startRouters(ctx)
		done(err)
		return err
	})
	tasks.Go(func() error { return l.startCluster(ctx) })
	return tasks.Wait()
}

func (l *running) makeNetwork() error {
	for _, host := range l.spec.Topology.Hosts {
		set, err := makeHost(host)
		if err != nil {
			return err
		}
		l.hosts[host.Name] = set
		if err := hostkernel.Set(host.Name, host.Role, set); err != nil {
			return err
		}
	}
	if err := hostkernel.Set(cluster.ControlHost, "", namespace.Set{}); err != nil {
		return err
	}
	return makeLinks(l.spec.Topology, l.hosts, l.spec.ControlPlane)
}

// publish writes where the hosts' namespaces are to be found.
func (l *running) publish() error {
	record := Record{Hosts: map[string]HostRecord{}}
	for name, set := range l.hosts {
		record.Hosts[name] = HostRecord{Net: int(set.Net.Fd()), Mount: int(set.Mount.Fd()), UTS: int(set.UTS.Fd())}
	}
	own, err := openOwn()
	if err != nil {
		return fmt.Errorf("open the lab's own namespaces: %w", err)
	}
	record.Hosts[cluster.ControlHost] = HostRecord{Net: int(own.Net.Fd()), Mount: int(own.Mount.Fd()), UTS: int(own.UTS.Fd())}
	l.hosts[cluster.ControlHost] = own
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode the lab's record: %w", err)
	}
	return os.WriteFile(filepath.Join(stateFolder, RecordFile), data, 0o600)
}

// openOwn opens the namespaces of the lab's process itself, where the control
// plane runs.
func openOwn() (namespace.Set, error) {
	var set namespace.Set
	var errs []error
	open := func(name string) *os.File {
		f, err := os.Open(filepath.Join("/proc/thread-self/ns", name))
		errs = append(errs, err)
		return f
	}
	set.Net, set.Mount, set.UTS = open("net"), open("mnt"), open("uts")
	return set, errors.Join(errs...)
}

func (l *running) startCluster(ctx context.Context) error {
	config, err := l.clusterConfig()
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, config)
	if err != nil {
		return err
	}
	l.cluster.Store(c)
	kubeconfig, err := c.Kubeconfig()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(stateFolder, KubeconfigFile), kubeconfig, 0o600),
		os.WriteFile(ControlKubeconfig, kubeconfig, 0o600))
}

// prepare saves a state of the control plane.
func (l *running) prepare(ctx context.Context) error {
	if err := makeLinks(&topology.Topology{Management: l.spec.Topology.Management}, nil, nil); err != nil {
		return err
	}
	var err error
	if l.controlPlane, err = l.findControlPlane(ctx); err != nil {
		return err
	}
	config, err := l.clusterConfig()
	if err != nil {
		return err
	}
	return cluster.Prepare(ctx, config, prepareFolder)
}

func (l *running) clusterConfig() (cluster.Config, error) {
	manifests, err := os.ReadFile(filepath.Join(programFolder, manifestFolder, "calico.yaml"))
	if err != nil {
		return cluster.Config{}, fmt.Errorf("read Calico's manifest: %w", err)
	}
	nodes := map[string]namespace.Set{}
	for _, node := range l.spec.Topology.CalicoNodes() {
		nodes[node.Name] = l.hosts[node.Name]
	}
	return cluster.Config{
		Topology: l.spec.Topology, Mode: l.spec.Mode, Version: l.spec.KubernetesVersion,
		Iptables: iptablesVariant(), ControlPlane: l.controlPlane, Dir: controlFolder, LogDir: filepath.Join(stateFolder, LogFolder),
		Workload: l.spec.Workload, Manifests: manifests,
		BIRD:           l.birdFolder(),
		ConfdTemplates: os.DirFS(filepath.Join(programFolder, confdFolder)),
		PluginFolders:  l.programFolders(), Images: images(),
		Environment: l.environment(), Supervisor: l.supervisor, Nodes: nodes,
		NewPodNamespace: newPodNamespace, DeletePodNamespace: deletePodNamespace,
		Progress: l.process.phase,
		Died:     func(err error) { l.process.tell(Event{Error: err.Error()}) },
	}, nil
}

// findControlPlane finds where the control plane runs: here, or on the host of the virtual
// machine that this lab is in.
func (l *running) findControlPlane(ctx context.Context) (controlplane.Place, error) {
	if hosted := l.spec.ControlPlane; hosted != nil {
		remote := hosted.remote(l.spec.Topology)
		return remote, remote.Hold(ctx, func(err error) { l.process.tell(Event{Error: err.Error()}) })
	}
	local := controlplane.Local{
		Host: cluster.ControlHost, Dir: controlFolder, Environment: l.environment(), Supervisor: l.supervisor,
	}
	if l.spec.Seed != "" {
		local.Seed = filepath.Join(programFolder, seedFolder)
	}
	return local, nil
}

// programFolders are where the components lie in the lab.
func (l *running) programFolders() []string {
	var folders []string
	for i := range l.spec.ProgramFolders {
		folders = append(folders, fmt.Sprintf("%s/%d", programFolder, i))
	}
	return folders
}

// birdFolder is where Calico's own BIRD lies in the lab; empty for none.
func (l *running) birdFolder() string {
	if len(l.spec.BIRD) == 0 {
		return ""
	}
	return birdFolder
}

// images are the container images that a lab knows, with the programs that stand
// for them. agnhost's version is that of Kubernetes v1.34's own tests.
func images() map[string][]string {
	return map[string][]string{"registry.k8s.io/e2e-test-images/agnhost:2.56": {"agnhost", "pause"}}
}

// environment is what every component's environment begins with. Nothing of the
// owner's environment reaches the lab.
func (l *running) environment() []string {
	environment := []string{"PATH=" + SearchPath(l.spec), "HOME=/root", "LANG=C.UTF-8"}
	if vm.Inside() {
		// There a page that is given back and taken again costs more than memory does. On a
		// machine's own kernel it does not pay: a lab is ready an eighth sooner, but its API
		// server and Felix take some sixth more of the processors in a suite.
		environment = append(environment, "GOGC=400", "GODEBUG=madvdontneed=0")
	}
	return environment
}
