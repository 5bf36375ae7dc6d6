package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Config is what an agent is made from.
type Config struct {
	// Node is the node's name, Address its InternalIP.
	Node    string
	Address netip.Addr
	// Labels and Annotations are put on the node when the agent creates it, and
	// never again: others may change them.
	Labels, Annotations map[string]string
	// Version is the kubelet's version that the node reports: v1.34.3.
	Version string
	// Client may be shared by all agents of a process. client-go's default limits
	// on queries per second are too low for a node full of pods.
	Client  kubernetes.Interface
	Machine Machine
	// Images maps container images to the programs that stand for them: the
	// program's path on the node, and the arguments that it has by default.
	Images map[string][]string
	// Environment is the base of the environment of containers and CNI plugins,
	// PATH above all.
	Environment []string
	Network     Network
	// Certificate is what the kubelet API is served with. It must be good for
	// Address.
	Certificate tls.Certificate
	// ClientCA signs the certificates of those who may use the kubelet API: the
	// API server's --kubelet-client-certificate.
	ClientCA *x509.CertPool
	// LogDir is the folder of the containers' logs, one file per container:
	// NAMESPACE_POD_CONTAINER.log, and of the run before it
	// NAMESPACE_POD_CONTAINER.previous.log. No other node has the same one.
	LogDir string
	Log    *slog.Logger
}

// Agent is a node's agent.
type Agent struct {
	config  Config
	log     *slog.Logger
	machine Machine
	network *network
	// probes is the client for httpGet.
	probes *http.Client
	// kubelet serves the kubelet API.
	kubelet *http.Server
	ready   chan struct{}

	condition *nodeCondition
	// syncInterval is the interval at which the node's lease and status are compared.
	syncInterval time.Duration

	// tasks are the goroutines that Run waits for.
	tasks sync.WaitGroup

	mu   sync.Mutex
	pods map[types.UID]*pod
}

// New makes an agent. Nothing happens before Run.
func New(config Config) (*Agent, error) {
	network, err := newNetwork(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config.Node, err)
	}
	if err := os.MkdirAll(config.LogDir, 0o755); err != nil {
		return nil, fmt.Errorf("%s: make the folder of the containers' logs: %w", config.Node, err)
	}
	a := &Agent{
		config:       config,
		log:          config.Log.With("node", config.Node),
		machine:      config.Machine,
		network:      network,
		probes:       newProbeClient(config.Machine),
		ready:        make(chan struct{}),
		condition:    newNodeCondition(),
		syncInterval: syncInterval,
		pods:         map[types.UID]*pod{},
	}
	a.kubelet = a.newKubeletServer()
	return a, nil
}

// Run registers the node and runs its pods until ctx is done; then it kills the
// pods' processes and returns nil. Pods' networks stay as they are, and a next
// agent of the node makes them again. An error means that the agent has died.
func (a *Agent) Run(ctx context.Context) error {
	if err := a.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: node agent: %w", a.config.Node, err)
	}
	return nil
}

// Ready is closed when the node is registered and the agent runs pods.
func (a *Agent) Ready() <-chan struct{} { return a.ready }

// SetReady sets the node's Ready condition, which is true before anybody sets it.
// While it is false, pods other than those with hostNetwork wait, as with a
// kubelet whose node has no network yet. Reason is a CamelCase word.
func (a *Agent) SetReady(ready bool, reason, message string) { a.condition.set(ready, reason, message) }

func (a *Agent) run(ctx context.Context) error {
	ctx, die := context.WithCancelCause(ctx)
	defer a.tasks.Wait()
	defer die(nil)

	listener, err := a.machine.Listen(ctx, "tcp", fmt.Sprintf(":%d", kubeletPort))
	if err != nil {
		return fmt.Errorf("listen for the API server: %w", err)
	}
	a.tasks.Go(func() {
		if err := a.serveKubelet(ctx, listener); err != nil {
			die(err)
		}
	})
	if err := a.register(ctx); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	a.tasks.Go(func() { a.keepNode(ctx) })
	if err := a.watchPods(ctx); err != nil {
		return err
	}
	close(a.ready)
	<-ctx.Done()
	return context.Cause(ctx)
}

// poll is the interval of waits for which there is no event, and of the first
// repetition of what failed.
const poll = 100 * time.Millisecond
