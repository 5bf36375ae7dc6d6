package kind

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// downTimeout bounds the removal of a lab that has failed: many times what it takes on a
// quiet machine.
const downTimeout = 3 * time.Minute

// Up implements lab.Provider. It first removes the rest of killed labs. It reports gaps of
// this machine before it makes anything (see Check).
func (p Provider) Up(ctx context.Context, options lab.Options) (lab.Running, error) {
	daemon, err := docker.Find(ctx)
	if err != nil {
		return nil, err
	}
	made, err := findParts(ctx, daemon, options)
	if err != nil {
		return nil, err
	}
	if err := check(ctx, daemon, made); err != nil {
		return nil, err
	}
	if _, err := p.GC(ctx); err != nil {
		return nil, err
	}
	if options.Name == "" {
		// The longest name that leaves room for what makes it unique.
		options.Name = fmt.Sprintf("%.32s-%s", options.Topology.Name, strings.ToLower(rand.Text()[:5]))
	}
	f, err := folderOf(options.Name)
	if err != nil {
		return nil, err
	}
	routers, err := fabric.Plan(options.Topology, options.Mode)
	if err != nil {
		return nil, err
	}
	lock, err := root().Create(f.Folder, logFolder, f.there)
	if err != nil {
		return nil, err
	}
	l, err := newLab(f, record{
		Name: options.Name, Topology: options.Topology, Mode: options.Mode, Images: made.Images,
		CalicoVersion: made.Components.Version(component.CalicoNode),
		Docker:        daemon.Host(), PID: os.Getpid(), Since: time.Now(),
	}, daemon)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(string(f.Folder)), lock.Close())
	}
	l.lock, l.deployProgram = lock, made.Components.Program(component.ContainerlabDeploy)
	if err := l.up(ctx, made, routers); err != nil {
		downCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("lab %s: %w", l.Name(), err), l.Down(downCtx))
	}
	return l, nil
}

func (l *Lab) up(ctx context.Context, options parts, routers []fabric.Router) error {
	if err := l.folder.writeRecord(l.record); err != nil {
		return err
	}
	progress := reporter(options.Progress)
	done := progress(phaseNetwork)
	err := l.writeFiles(options, routers)
	if err == nil {
		err = makeNetwork(ctx, l.docker, l.Name(), l.record.Topology)
	}
	done(err)
	if err != nil {
		return err
	}
	config, err := l.clusterOrder()
	if err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error {
		done := progress(phaseCluster)
		err := l.folder.make(ctx, l.daemon, "kind", config)
		done(err)
		return err
	})
	// The fabric and Calico wait for the nodes' containers. Calico waits for nothing of
	// the fabric but its nodes' kubelets, which do.
	found := make(chan struct{})
	tasks.Go(func() error {
		if err := l.findNodes(ctx); err != nil {
			return err
		}
		close(found)
		return nil
	})
	tasks.Go(func() error {
		done := progress(phaseFabric)
		err := l.makeFabric(ctx, options.Topology, routers, found)
		done(err)
		return err
	})
	tasks.Go(func() error {
		if err := waitFor(ctx, found); err != nil {
			return err
		}
		done := progress(phaseCalico)
		err := l.startCalico(ctx, options)
		done(err)
		return err
	})
	if err := tasks.Wait(); err != nil {
		return err
	}
	l.record.Ready = true
	if err := l.folder.writeRecord(l.record); err != nil {
		return err
	}
	return l.watch()
}

// reporter tells of phases, one event at a time.
func reporter(progress func(lab.Event)) func(phase string) (done func(error)) {
	var mu sync.Mutex
	tell := func(event lab.Event) {
		mu.Lock()
		defer mu.Unlock()
		if progress != nil {
			progress(event)
		}
	}
	return func(phase string) func(error) {
		began := time.Now()
		tell(lab.Event{Phase: phase})
		return func(err error) {
			event := lab.Event{Phase: phase, Done: true, Seconds: time.Since(began).Seconds()}
			if err != nil {
				event.Error = err.Error()
			}
			tell(event)
		}
	}
}

// waitFor waits until a channel is closed.
func waitFor(ctx context.Context, event <-chan struct{}) error {
	select {
	case <-event:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// makeFabric makes the fabric, and joins the nodes' containers once they are found.
func (l *Lab) makeFabric(ctx context.Context, t *topology.Topology, routers []fabric.Router, found <-chan struct{}) error {
	if err := l.makeHosts(ctx, t); err != nil {
		return err
	}
	if err := waitFor(ctx, found); err != nil {
		return err
	}
	return l.joinFabric(ctx, routers)
}

// makeHosts makes the containers that are there before the fabric, clients and the one
// of the bridges, and the bridges.
func (l *Lab) makeHosts(ctx context.Context, t *topology.Topology) error {
	names, err := containerNames(l.Name(), t)
	if err != nil {
		return err
	}
	labels := map[string]string{labLabel: l.Name()}
	jobs := []containerJob{{Name: switchesContainer(l.Name()), Hostname: "switches", Image: l.record.Images.Client, Labels: labels}}
	var clients []string
	for _, host := range t.Hosts {
		if host.Role != topology.Node && !isRouter(host) {
			clients = append(clients, host.Name)
			jobs = append(jobs, containerJob{Name: names[host.Name], Hostname: host.Name, Image: l.record.Images.Client, Labels: labels})
		}
	}
	if err := l.folder.make(ctx, l.daemon, "containers", order{Cluster: clusterName(l.Name()), Containers: jobs}); err != nil {
		return err
	}
	for _, name := range clients {
		found, err := l.runningContainer(ctx, names[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.addHost(name, found.PID)
	}
	found, err := l.runningContainer(ctx, switchesContainer(l.Name()))
	if err != nil {
		return err
	}
	l.switches = &host{lab: l, name: "the bridges", proc: l.daemon.Proc(found.PID)}
	return l.makeBridges(t)
}

// writeFiles writes the files that each node has, and the fabric's topology.
func (l *Lab) writeFiles(options parts, routers []fabric.Router) error {
	t := l.record.Topology
	for _, node := range t.Nodes() {
		for _, file := range nodeFiles(node) {
			if err := l.folder.Write(nodeFolder+"/"+node.Name+"/"+file.name, file.text); err != nil {
				return fmt.Errorf("write the files of %s: %w", node.Name, err)
			}
		}
	}
	data, err := fabricTopology(l.Name(), t, routers, options.Images)
	if err != nil {
		return err
	}
	if err := l.folder.Write(topologyFile, data); err != nil {
		return fmt.Errorf("write containerlab's topology: %w", err)
	}
	return nil
}

// clusterOrder is what a maker is told to make the cluster.
func (l *Lab) clusterOrder() (order, error) {
	folder := func(node string) string { return l.folder.Path(nodeFolder + "/" + node) }
	config, err := clusterConfig(l.record.Topology, l.record.Mode, l.record.Images.Node, folder)
	if err != nil {
		return order{}, err
	}
	return order{
		Cluster: clusterName(l.Name()), Config: config,
		Kubeconfig: l.folder.Path("kind.kubeconfig"),
	}, nil
}

// findNodes waits until kind has made the nodes' containers, and takes their addresses
// into the topology.
func (l *Lab) findNodes(ctx context.Context) error {
	names, err := containerNames(l.Name(), l.record.Topology)
	if err != nil {
		return err
	}
	addresses := map[string]netip.Addr{}
	for _, node := range l.record.Topology.Nodes() {
		err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
			// If it never is there, kind says so.
			found, err := l.runningContainer(ctx, names[node.Name])
			if err == nil {
				l.addHost(node.Name, found.PID)
				addresses[node.Name] = found.Address
			}
			return found.Address.IsValid(), nil
		})
		if err != nil {
			return fmt.Errorf("wait for the container of node %s: %w", node.Name, context.Cause(ctx))
		}
	}
	network, err := l.docker.NetworkInspect(ctx, clusterName(l.Name()), client.NetworkInspectOptions{})
	if err != nil {
		return fmt.Errorf("look at the management network: %w", err)
	}
	if len(network.Network.IPAM.Config) == 0 {
		return fmt.Errorf("look at the management network: it has no subnet")
	}
	l.mu.Lock()
	l.record.Topology = withManagement(l.record.Topology, network.Network.IPAM.Config[0].Subnet, addresses)
	l.mu.Unlock()
	return l.folder.writeRecord(l.record)
}

// joinFabric has containerlab make routers and links, configures all hosts, and
// starts the routers' programs.
func (l *Lab) joinFabric(ctx context.Context, routers []fabric.Router) error {
	if err := l.deployFabric(ctx); err != nil {
		return err
	}
	if err := l.findHosts(ctx); err != nil {
		return err
	}
	if err := l.configureHosts(ctx); err != nil {
		return err
	}
	return l.startRouters(ctx, routers)
}

// deployFabric runs containerlab: where it sees the containers' processes as Docker
// reports them, in the network namespace that has the bridges, and with a /run/netns
// of its own, where it leaves names.
func (l *Lab) deployFabric(ctx context.Context) error {
	log, err := l.folder.openLog("containerlab")
	if err != nil {
		return err
	}
	defer log.Close()
	set, err := l.daemon.Namespaces()
	if err != nil {
		return err
	}
	defer set.Close()
	if set.Net != nil {
		_ = set.Net.Close()
	}
	if set.Net, err = os.Open(l.switches.netPath()); err != nil {
		return fmt.Errorf("enter the network namespace of the bridges: %w", err)
	}
	cmd := exec.CommandContext(ctx, l.deployProgram, l.folder.Path(topologyFile))
	cmd.Env = append([]string{"PATH=" + searchPath, "HOME=/root"}, l.daemon.Environment()...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = log, &stderr
	cmd.Dir = string(l.folder.Folder)
	err = set.Do(func() error {
		if err := ownNamespaceNames(); err != nil {
			return err
		}
		return cmd.Start()
	})
	if err == nil {
		err = cmd.Wait()
	}
	_, _ = log.Write(stderr.Bytes())
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("join the fabric by containerlab: %w: %s (log: %s)", err, lab.ErrorTail(stderr.String()), log.Name())
	}
	return nil
}

// ownNamespaceNames gives the calling thread, which is in other namespaces for a
// moment only, a /run/netns of its own.
func ownNamespaceNames() error {
	const names = "/run/netns"
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to the mount namespace: %w", err)
	}
	if err := os.MkdirAll(names, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("rackproof", names, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount %s: %w", names, err)
	}
	return nil
}
