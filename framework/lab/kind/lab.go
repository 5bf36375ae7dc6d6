package kind

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/moby/moby/client"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/topology"
)

// Lab is a lab of containers that is up.
type Lab struct {
	folder folder
	record record
	daemon *docker.Daemon
	docker *client.Client
	// hosts are the topology's hosts, switches is the container of the bridges. They are
	// filled while the lab comes up.
	hosts    map[string]*host
	switches *host
	// deployProgram is the program that joins the fabric, where this process makes the lab.
	deployProgram string
	config        *rest.Config
	client        kubernetes.Interface
	// lock is held by the process that has brought the lab up; nil in others.
	lock *os.File
	// died has the first error once something has ended unasked.
	died chan error
	// stop ends what watches the lab.
	stop context.CancelFunc

	mu sync.Mutex
	// calico are the processes of Calico's containers by node, pods the network
	// namespaces of pods by UID.
	calico map[string]process
	pods   map[string]string
}

var _ interface {
	lab.Running
	lab.PodEnterer
	lab.LinkCutter
	lab.EndCutter
	lab.RouterController
	lab.ComponentController
	lab.LogReader
	lab.Executor
	lab.ProcessViewer
} = (*Lab)(nil)

// newLab makes a lab of its record. Nothing is looked up.
func newLab(f folder, r record, daemon *docker.Daemon) (*Lab, error) {
	c, err := daemon.Client()
	if err != nil {
		return nil, err
	}
	return &Lab{
		folder: f, record: r, daemon: daemon, docker: c,
		hosts: map[string]*host{}, calico: map[string]process{}, pods: map[string]string{},
	}, nil
}

// Attach implements lab.Provider.
func (Provider) Attach(ctx context.Context, name string) (lab.Running, error) {
	f, err := folderOf(name)
	if err != nil {
		return nil, err
	}
	r, err := f.record()
	if err != nil {
		if !f.there() {
			return nil, fmt.Errorf("lab %s: %w: `rackproof lab list` lists those that are up", name, registry.ErrNoLab)
		}
		return nil, err
	}
	if !r.Ready {
		return nil, fmt.Errorf("lab %s: it is still being made, or was killed then: `rackproof lab list` tells", name)
	}
	daemon, err := docker.Find(ctx)
	if err != nil {
		return nil, err
	}
	if daemon.Host() != r.Docker {
		return nil, fmt.Errorf("lab %s: it is in the Docker daemon at %s, and the one that is found is at %s: set DOCKER_HOST", name, r.Docker, daemon.Host())
	}
	l, err := newLab(f, r, daemon)
	if err != nil {
		return nil, err
	}
	if err := l.findHosts(ctx); err != nil {
		return nil, errors.Join(err, l.docker.Close())
	}
	if err := l.connect(); err != nil {
		return nil, errors.Join(err, l.docker.Close())
	}
	return l, nil
}

// findHosts finds all hosts' containers, which must run.
func (l *Lab) findHosts(ctx context.Context) error {
	names, err := containerNames(l.Name(), l.record.Topology)
	if err != nil {
		return err
	}
	for name, container := range names {
		found, err := l.runningContainer(ctx, container)
		if err != nil {
			return fmt.Errorf("lab %s: find %s: %w", l.Name(), name, err)
		}
		l.addHost(name, found.PID)
	}
	found, err := l.runningContainer(ctx, switchesContainer(l.Name()))
	if err != nil {
		return fmt.Errorf("lab %s: find its bridges: %w", l.Name(), err)
	}
	l.switches = &host{lab: l, name: "the bridges", proc: l.daemon.Proc(found.PID)}
	return nil
}

// addHost makes a host known by its first process.
func (l *Lab) addHost(name string, pid int) {
	h := &host{lab: l, name: name, proc: l.daemon.Proc(pid)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if found, ok := l.record.Topology.Host(name); ok && found.Role == topology.Node {
		h.node = name
	}
	l.hosts[name] = h
}

// found is a container as Docker reports it.
type found struct {
	PID int
	// Address is its address in the management network; invalid if it is not in it.
	Address netip.Addr
}

// errNotRunning is the error for a container that is there and does not run.
var errNotRunning = errors.New("its container does not run")

func (l *Lab) runningContainer(ctx context.Context, name string) (found, error) {
	result, err := l.docker.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if err != nil {
		return found{}, err
	}
	state := result.Container.State
	if state == nil || !state.Running || state.Pid == 0 {
		return found{}, fmt.Errorf("%w: %s", errNotRunning, name)
	}
	f := found{PID: state.Pid}
	if settings := result.Container.NetworkSettings; settings != nil {
		if endpoint, ok := settings.Networks[clusterName(l.Name())]; ok && endpoint != nil {
			f.Address = endpoint.IPAddress
		}
	}
	return f, nil
}

// Name implements lab.Lab.
func (l *Lab) Name() string { return l.folder.Name() }

// Provider implements lab.Lab.
func (l *Lab) Provider() string { return providerName }

// Topology implements lab.Lab. The management network is the one that Docker has made.
func (l *Lab) Topology() *topology.Topology { return l.record.Topology }

// Mode implements lab.Lab.
func (l *Lab) Mode() *calico.Mode { return l.record.Mode }

// Kubernetes implements lab.Lab.
func (l *Lab) Kubernetes() *rest.Config { return rest.CopyConfig(l.config) }

// Kubeconfig is the path of an administrator's kubeconfig. Its server answers inside
// the lab only.
func (l *Lab) Kubeconfig() string { return l.folder.Path(kubeconfigFile) }

// CalicoVersion is the version of Calico that runs in the lab.
func (l *Lab) CalicoVersion() string { return l.record.CalicoVersion }

// CalicoBIRD implements lab.Lab.
func (*Lab) CalicoBIRD() bool { return false }

// PID is the process that has brought the lab up, which may have ended if the lab was
// released.
func (l *Lab) PID() int { return l.record.PID }

// Host implements lab.Lab. Beside the topology's hosts there is `control`, which is
// the node that the control plane runs on.
func (l *Lab) Host(name string) (lab.Host, error) {
	h, err := l.host(name)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (l *Lab) host(name string) (*host, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	nodes := l.record.Topology.Nodes()
	if name == cluster.ControlHost {
		if found, ok := l.hosts[nodes[0].Name]; ok {
			return found, nil
		}
	}
	if found, ok := l.hosts[name]; ok {
		return found, nil
	}
	var known []string
	for _, h := range l.record.Topology.Hosts {
		known = append(known, h.Name)
	}
	return nil, fmt.Errorf("lab %s has no host %q: it has %s and %s", l.Name(), name, strings.Join(known, ", "), cluster.ControlHost)
}

// ProcFileSystems implements lab.ProcessViewer: each container has a PID namespace of its own.
// The switches' container runs nothing but its keeper.
func (l *Lab) ProcFileSystems() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for _, h := range l.hosts {
		list = append(list, path.Join(h.proc, "root/proc"))
	}
	return list
}

// Pod implements lab.PodEnterer.
func (l *Lab) Pod(ctx context.Context, namespace, name string) (lab.Host, error) {
	pod, err := l.client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("lab %s: find pod %s/%s: %w", l.Name(), namespace, name, err)
	}
	node, err := l.host(pod.Spec.NodeName)
	if err != nil {
		return nil, fmt.Errorf("lab %s: pod %s/%s is on no node of the lab (%q)", l.Name(), namespace, name, pod.Spec.NodeName)
	}
	network, err := l.podNetwork(ctx, pod.Spec.NodeName, string(pod.UID))
	if err != nil {
		return nil, fmt.Errorf("lab %s: pod %s/%s: %w", l.Name(), namespace, name, err)
	}
	return &host{lab: l, name: "pod " + name, proc: node.proc, net: network}, nil
}

// Died has the lab's first error once a container or a router's program has ended
// unasked. A lab that another process has brought up tells by Components.
func (l *Lab) Died() <-chan error { return l.died }

// Release lets the lab live on without this process.
func (l *Lab) Release() error {
	if l.lock == nil {
		return nil
	}
	r := l.record
	r.Released = true
	if err := l.folder.writeRecord(r); err != nil {
		return fmt.Errorf("release it: %w", err)
	}
	l.record = r
	return nil
}
