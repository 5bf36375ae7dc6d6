package cluster

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/cluster/controlplane"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// ControlHost is the name by which the control plane's components are known.
const ControlHost = "control"

// poll is the interval of waits for which there is no event.
const poll = 100 * time.Millisecond

// Config is what a cluster is made from.
type Config struct {
	Topology *topology.Topology
	Mode     *calico.Mode
	// Version is Kubernetes' version, which nodes report.
	Version string
	// Iptables is the variant of iptables that Felix uses, nft or legacy. The program
	// iptables has to be the same one.
	Iptables string
	// ControlPlane is where the control plane runs.
	ControlPlane controlplane.Place
	// Dir is a folder for files of the nodes' agents.
	Dir string
	// LogDir is the folder that containers' logs go to, one folder per node.
	LogDir string
	// Manifests has Calico's CustomResourceDefinitions and roles (calico.yaml).
	Manifests []byte
	// Workload are manifests of what runs in the cluster from the beginning.
	Workload []byte
	// BIRD is the folder of Calico's own BIRD, by which the templates stay as they are;
	// empty for a stock one on PATH.
	BIRD string
	// ConfdTemplates is Calico's confd folder: conf.d and templates.
	ConfdTemplates fs.FS
	// PluginFolders are where CNI plugins lie, on every node.
	PluginFolders []string
	// Images maps container images to the programs that stand for them.
	Images map[string][]string
	// Environment is every component's base environment, PATH above all.
	Environment []string
	Supervisor  *supervisor.Supervisor
	// Nodes are the nodes' namespaces, by name.
	Nodes map[string]namespace.Set
	// NewPodNamespace makes a named network namespace for a pod of a node and
	// returns its path, the same in every mount namespace of the lab.
	NewPodNamespace func(name string) (path string, err error)
	// DeletePodNamespace undoes NewPodNamespace.
	DeletePodNamespace func(name string) error
	// Progress is told when a phase of the bring-up begins and ends.
	Progress func(phase string) (done func(error))
	// Died is called when an agent ends unasked.
	Died func(error)
}

// Cluster is a running cluster.
type Cluster struct {
	config     Config
	server     string
	ca         *authority
	identities identities
	admin      *rest.Config
	// agentClient is shared by the nodes' agents.
	agentClient kubernetes.Interface

	mu sync.Mutex
	// nodes are those whose calico-node was started, by name.
	nodes map[string]*node
}

func newCluster(config Config) (*Cluster, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		config:     config,
		nodes:      map[string]*node{},
		ca:         ca,
		identities: newIdentities(),
		server:     "https://" + netip.AddrPortFrom(config.Topology.Management.Control, apiServerPort).String(),
	}
	c.admin = c.identities.admin.restConfig(c.server, ca.pem)
	if c.agentClient, err = c.newAgentClient(); err != nil {
		return nil, err
	}

	return c, nil
}

// Start starts a cluster and returns when every component runs and every node is
// registered. Sessions and pods may come up later.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	c, err := newCluster(config)
	if err != nil {
		return nil, err
	}
	done := config.Progress("control plane")
	err = c.startControlPlane(ctx)
	done(err)
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}

	done = config.Progress("nodes")
	err = c.startNodes(ctx)
	done(err)
	if err != nil {
		return nil, fmt.Errorf("start the nodes: %w", err)
	}
	return c, nil
}

// Kubeconfig is an administrator's kubeconfig. Its server is reachable from the
// control host and the nodes.
func (c *Cluster) Kubeconfig() ([]byte, error) {
	return c.identities.admin.kubeconfig(c.server, c.ca.pem)
}

// startNodes starts what the nodes need from the API server, and then all nodes
// side by side.
func (c *Cluster) startNodes(ctx context.Context) error {
	tasks, ctx := errgroup.WithContext(ctx)
	installed := make(chan struct{})
	tasks.Go(func() error {
		if !c.config.ControlPlane.Seeded() {
			if err := c.installCalico(ctx); err != nil {
				return err
			}
		}
		if err := c.applyMode(ctx); err != nil {
			return err
		}
		if c.isCanal() {
			if err := c.createCanal(ctx); err != nil {
				return err
			}
		}
		close(installed)
		return nil
	})
	tasks.Go(func() error { return c.startControllers(ctx) })
	// Pods are bound as soon as nodes register, and start when Calico lets them.
	tasks.Go(func() error { return c.createWorkload(ctx) })
	for _, host := range c.config.Topology.CalicoNodes() {
		start := c.startNode
		if host.Role == topology.Reflector {
			start = c.startReflector
		}
		tasks.Go(func() error {
			if err := start(ctx, host, installed); err != nil {
				return fmt.Errorf("%s: %w", host.Name, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}
