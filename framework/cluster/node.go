package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// Files on a node, where Calico's own containers have them.
const (
	nodeKubeconfig   = "/etc/rackproof/calico-node.kubeconfig"
	proxyKubeconfig  = "/etc/rackproof/kube-proxy.kubeconfig"
	cniKubeconfig    = "/etc/cni/net.d/calico-kubeconfig"
	cniConfiguration = "/etc/cni/net.d/10-calico.conflist"
	confdFolder      = "/etc/calico/confd"
	// birdComponent is BIRD's name among the lab's components.
	birdComponent = "bird"
)

// AdminKubeconfig is an administrator's kubeconfig on every node, for people.
const AdminKubeconfig = "/etc/rackproof/admin.kubeconfig"

// startNode starts a node's components in the order of Calico's own container
// (node/filesystem/etc/rc.local): startup first, then Felix, confd and BIRD.
func (c *Cluster) startNode(ctx context.Context, host topology.Host, installed <-chan struct{}) error {
	namespaces, ok := c.config.Nodes[host.Name]
	if !ok {
		return fmt.Errorf("the lab has no namespaces for it")
	}
	if err := c.writeNodeFiles(host, namespaces); err != nil {
		return err
	}
	nodeAgent, err := c.startAgent(ctx, host, namespaces)
	if err != nil {
		return err
	}
	for _, step := range []<-chan struct{}{nodeAgent.Ready(), installed} {
		select {
		case <-step:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}

	n := &node{cluster: c, host: host, namespaces: namespaces}
	n.busy.Lock()
	defer n.busy.Unlock()
	c.keep(n)
	if err := errors.Join(n.prepare(ctx), n.waitForSubnet(ctx)); err != nil {
		return err
	}
	nodeAgent.SetReady(true, "CalicoStarted", "Calico has prepared the node")
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return n.startRouting(ctx) })
	tasks.Go(func() error {
		if err := n.allocateTunnelAddress(ctx); err != nil {
			return err
		}
		return n.startFelix()
	})
	tasks.Go(func() error {
		proxy := n.component("kube-proxy", append([]string{"kube-proxy"}, c.proxyArguments(host)...))
		proxy.StartNice = lateNice
		return c.config.Supervisor.Start(proxy)
	})
	return tasks.Wait()
}

// startRouting starts what makes the routes to other nodes' pods, or some of them: confd
// and BIRD, or flannel. Beside flannel Calico's container runs neither of the two (rc.local).
func (n *node) startRouting(ctx context.Context) error {
	if n.cluster.isCanal() {
		return n.startFlannel()
	}
	if !usesBIRD(n.backend()) {
		return nil // the routes are Felix's
	}
	if err := n.startService("confd"); err != nil {
		return err
	}
	return n.startBIRD(ctx)
}

// node is one node from the start of its calico-node on.
type node struct {
	cluster    *Cluster
	host       topology.Host
	namespaces namespace.Set
	// busy is held while its calico-node is started or ended.
	busy sync.Mutex
	// settings are the variables that its calico-node was started with beside the lab's own.
	settings map[string]string
	// reloads is nil until BIRD is to run.
	reloads *reloader
}

func (n *node) component(name string, argv []string) supervisor.Component {
	return supervisor.Component{
		Host: n.host.Name, Name: name, Argv: argv,
		Env: n.environment(), Namespaces: n.namespaces,
	}
}

// environment is the environment of the node's calico-node. Of two values of a variable a
// program has the last one.
func (n *node) environment() []string {
	environment := n.cluster.nodeEnvironment(n.host)
	for _, name := range slices.Sorted(maps.Keys(n.settings)) {
		environment = append(environment, name+"="+n.settings[name])
	}
	return environment
}

// backend is what calico-node is told of the cluster's network.
func (n *node) backend() string {
	backend := ""
	for _, variable := range n.environment() {
		if value, ok := strings.CutPrefix(variable, "CALICO_NETWORKING_BACKEND="); ok {
			backend = value
		}
	}
	return backend
}

func (n *node) run(ctx context.Context, name string, argv ...string) error {
	return n.cluster.config.Supervisor.Run(ctx, n.component(name, argv))
}

// startupAttempts is how often Calico's startup may fail. It gives up when somebody
// else changes the node at the same moment, and counts on being started again, as
// a kubelet does.
const startupAttempts = 5

// prepare runs Calico's startup.
func (n *node) prepare(ctx context.Context) error {
	return n.retry(ctx, "calico-startup", startupCommand())
}

// retry runs a command of Calico's start script, whose container starts again when it fails.
func (n *node) retry(ctx context.Context, name string, argv []string) error {
	var err error
	for range startupAttempts {
		if err = n.run(ctx, name, argv...); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("failed %d times: %w", startupAttempts, err)
}

// startService starts a service of Calico's container.
func (n *node) startService(name string) error {
	service := n.component(componentOf(name), calicoServices()[name])
	service.RestartOn = restartsOn(name)
	return n.cluster.config.Supervisor.Start(service)
}

// Nice values, until a lab is ready, of what that does not wait for: Felix, and then
// kube-proxy, which starts some fifty programs before services work.
const (
	soonNice = 10
	lateNice = 19
)

// startBIRD starts BIRD once confd has written its configuration. The main file
// includes the other two, and confd writes each when it has what it needs.
func (n *node) startBIRD(ctx context.Context) error {
	if err := n.serveReloads(); err != nil {
		return err
	}
	err := wait.PollUntilContextCancel(ctx, poll, true, func(context.Context) (bool, error) {
		for _, file := range nodeBIRD().Files {
			if !n.has(file) {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait for confd to write BIRD's configuration (its log is the component calico-confd's): %w", context.Cause(ctx))
	}
	argv := calicoServices()["bird"]
	argv[0] = path.Join(n.cluster.config.BIRD, argv[0])
	daemon := n.component(birdComponent, argv)
	daemon.Starting = n.reloads.starting
	return n.cluster.config.Supervisor.Start(daemon)
}

// nodeBIRD is the BIRD that runs on a node.
func nodeBIRD() bird.Instance { return bird.OnNode(route.IPv4) }

// has reports whether the node has a file.
func (n *node) has(file string) bool {
	_, err := n.namespaces.ReadFile(file)
	return err == nil
}

// nodeEnvironment is the environment of Calico's programs on a node.
func (c *Cluster) nodeEnvironment(host topology.Host) []string {
	return slices.Concat([]string{
		"FELIX_MTUIFACEPATTERN=" + fabricInterfaces(host),
		"NODENAME=" + host.Name,
		"DATASTORE_TYPE=kubernetes",
		"KUBECONFIG=" + nodeKubeconfig,
		"CALICO_MANAGE_CNI=false",
		// The mode brings the pools.
		"NO_DEFAULT_POOLS=true",
		"FELIX_FELIXHOSTNAME=" + host.Name,
		"FELIX_DATASTORETYPE=kubernetes",
		"FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT",
		"FELIX_HEALTHENABLED=true",
		"FELIX_IPV6SUPPORT=false",
		"FELIX_IPTABLESBACKEND=" + c.config.Iptables,
		"FELIX_LOGSEVERITYSYS=none",
		"FELIX_LOGSEVERITYSCREEN=info",
		// No lab sends anything outside its own namespaces.
		"FELIX_USAGEREPORTINGENABLED=false",
		// A Felix built without cgo panics in its libbpf stub otherwise.
		"FELIX_DebugSkipCTLBCleanup=true",
	}, c.networkingEnvironment(host), c.withBIRD(c.config.Environment))
}

// networkingEnvironment is the part that depends on whose the pod network is: in Calico's
// manifest, and in the one for Canal.
func (c *Cluster) networkingEnvironment(host topology.Host) []string {
	if c.isCanal() {
		return []string{"CALICO_NETWORKING_BACKEND=none", "CLUSTER_TYPE=k8s,canal", "USE_POD_CIDR=true", "IP=", "FELIX_IPTABLESREFRESHINTERVAL=60"}
	}
	return []string{"CALICO_NETWORKING_BACKEND=" + string(c.config.Mode.Backend), "CLUSTER_TYPE=k8s,bgp", "IP=" + host.Interfaces[0].Address(route.IPv4).String(), "IP6=none"}
}

// withBIRD puts Calico's own BIRD at the beginning of an environment's PATH, if there is
// one: confd has it check what it writes.
func (c *Cluster) withBIRD(environment []string) []string {
	environment = slices.Clone(environment)
	for i, variable := range environment {
		if folders, ok := strings.CutPrefix(variable, "PATH="); ok && c.config.BIRD != "" {
			environment[i] = "PATH=" + c.config.BIRD + ":" + folders
		}
	}
	return environment
}

func (c *Cluster) proxyArguments(host topology.Host) []string {
	return []string{
		"--kubeconfig=" + proxyKubeconfig,
		"--proxy-mode=iptables",
		"--hostname-override=" + host.Name,
		"--cluster-cidr=" + c.config.Topology.Pods.String(),
		"--bind-address=" + host.Address().String(),
		// A service that changes is in the rules at once, not a second later.
		"--iptables-min-sync-period=100ms",
		// These are the host's own, which a lab leaves alone.
		"--conntrack-max-per-core=0",
		"--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
	}
}

func (c *Cluster) writeNodeFiles(host topology.Host, namespaces namespace.Set) error {
	network, err := c.cniConfiguration(host)
	if err != nil {
		return err
	}
	files := map[string][]byte{cniConfiguration: network}
	calicoNode := c.identities.calicoNode
	if c.isCanal() {
		files, calicoNode = map[string][]byte{canalCNIConfiguration: network}, c.identities.canal
	}
	err = c.addKubeconfigs(files, map[string]identity{
		nodeKubeconfig: calicoNode, proxyKubeconfig: c.identities.proxy,
		cniKubeconfig: c.identities.calicoCNI, AdminKubeconfig: c.identities.admin,
	})
	if err != nil {
		return err
	}
	if !c.isCanal() {
		if err := c.addConfdFiles(files); err != nil {
			return err
		}
	}
	if err := namespaces.WriteFiles(files, 0o600); err != nil {
		return fmt.Errorf("write the node's files: %w", err)
	}
	return nil
}

// addKubeconfigs adds the kubeconfigs of identities.
func (c *Cluster) addKubeconfigs(files map[string][]byte, of map[string]identity) error {
	for file, id := range of {
		data, err := id.kubeconfig(c.server, c.ca.pem)
		if err != nil {
			return err
		}
		files[file] = data
	}
	return nil
}

// addConfdFiles adds Calico's confd folder, with the templates adapted to a stock BIRD if
// the node runs one.
func (c *Cluster) addConfdFiles(files map[string][]byte) error {
	// confd does not make the folder that it writes to.
	files[path.Join(path.Dir(nodeBIRD().Files[0]), "README")] = []byte("BIRD's configuration, written by confd.\n")
	return fs.WalkDir(c.config.ConfdTemplates, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(c.config.ConfdTemplates, name)
		if err != nil {
			return fmt.Errorf("read Calico's confd file %s: %w", name, err)
		}
		if c.config.BIRD == "" {
			if data, err = bird.AdaptTemplate(path.Base(name), data); err != nil {
				return fmt.Errorf("adapt Calico's confd file %s to stock BIRD: %w", name, err)
			}
		}
		files[path.Join(confdFolder, name)] = data
		return nil
	})
}

// calicoNode finds the mode's settings for a node.
func (c *Cluster) calicoNode(name string) calico.Node {
	for _, n := range c.config.Mode.Resources.Nodes {
		if n.Name == name {
			return n
		}
	}
	return calico.Node{}
}
