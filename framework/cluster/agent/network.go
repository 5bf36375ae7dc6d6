package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/invoke"
	cnitypes "github.com/containernetworking/cni/pkg/types"
	cniresult "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// Network is how pods get their network.
type Network struct {
	// Configuration is a CNI network configuration list (.conflist).
	Configuration []byte
	// PluginPath are the folders that hold the plugins. They are the same in the
	// agent's mount namespace and the node's.
	PluginPath []string
	// CacheDir is a folder for the results of plugins, which CNI gives back to them
	// when a pod is deleted.
	CacheDir string
}

const (
	// maxPlugins is how many plugins run at once on a node, so that a burst of
	// pods leaves the processors something for the pods that run.
	maxPlugins = 4
	// pluginTimeout bounds one run of a plugin.
	pluginTimeout = time.Minute
	// maxAttachRetry is the longest interval between attempts to give a pod its
	// network.
	maxAttachRetry = 2 * time.Second
)

// network runs the CNI plugins of a node.
type network struct {
	list *libcni.NetworkConfigList
	cni  *libcni.CNIConfig
	// slots holds one for every plugin that runs.
	slots chan struct{}
}

func newNetwork(config Config) (*network, error) {
	list, err := libcni.NetworkConfFromBytes(config.Network.Configuration)
	if err != nil {
		return nil, fmt.Errorf("read the CNI configuration: %w", err)
	}
	plugins := &pluginRunner{machine: config.Machine, environment: config.Environment}
	return &network{
		list:  list,
		cni:   libcni.NewCNIConfigWithCacheDir(config.Network.PluginPath, config.Network.CacheDir, plugins),
		slots: make(chan struct{}, maxPlugins),
	}, nil
}

// add gives a pod's network namespace its interfaces and returns the addresses.
func (n *network) add(ctx context.Context, pod *corev1.Pod, path string) ([]netip.Addr, error) {
	var result cnitypes.Result
	err := n.limited(ctx, func(ctx context.Context) (err error) {
		result, err = n.cni.AddNetworkList(ctx, n.list, runtimeConf(pod, path))
		return err
	})
	if err != nil {
		return nil, err
	}
	full, err := cniresult.NewResultFromResult(result)
	if err != nil {
		return nil, fmt.Errorf("read the CNI plugin's result: %w", err)
	}
	var addresses []netip.Addr
	for _, ip := range full.IPs {
		if addr, ok := netip.AddrFromSlice(ip.Address.IP); ok {
			addresses = append(addresses, addr.Unmap())
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("the CNI plugin gave the pod no address")
	}
	return addresses, nil
}

// remove undoes add. It may be called for a pod that was never added.
func (n *network) remove(ctx context.Context, pod *corev1.Pod, path string) error {
	return n.limited(ctx, func(ctx context.Context) error {
		return n.cni.DelNetworkList(ctx, n.list, runtimeConf(pod, path))
	})
}

func (n *network) limited(ctx context.Context, run func(context.Context) error) error {
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-n.slots }()
	ctx, cancel := context.WithTimeout(ctx, pluginTimeout)
	defer cancel()
	return run(ctx)
}

// runtimeConf names a pod to plugins as container runtimes do.
func runtimeConf(pod *corev1.Pod, path string) *libcni.RuntimeConf {
	sandbox := string(pod.UID)
	return &libcni.RuntimeConf{
		ContainerID: sandbox,
		NetNS:       path,
		IfName:      "eth0",
		Args: [][2]string{
			{"IgnoreUnknown", "1"},
			{"K8S_POD_NAMESPACE", pod.Namespace},
			{"K8S_POD_NAME", pod.Name},
			{"K8S_POD_INFRA_CONTAINER_ID", sandbox},
			{"K8S_POD_UID", string(pod.UID)},
		},
	}
}

// attach gives the pod its network and reports whether its containers can start. It
// tries as long as the pod is wanted: Calico may not be up yet.
func (p *pod) attach() bool {
	ctx := p.end.enforced
	if p.first.Spec.HostNetwork {
		p.set(func() { p.addresses, p.attached = []netip.Addr{p.agent.config.Address}, true })
		return true
	}
	// The network of an earlier agent is of no use to new processes.
	p.detach(ctx)
	for wait := poll; p.end.asked.Err() == nil; wait = min(2*wait, maxAttachRetry) {
		if err := p.agent.condition.waitReady(p.end.asked, p.waiting); err != nil {
			return false
		}
		addresses, err := p.tryAttach(ctx)
		if err == nil {
			p.set(func() { p.addresses, p.attached = addresses, true })
			return p.end.asked.Err() == nil
		}
		if ctx.Err() == nil {
			p.log.Warn("No network for the pod yet", "error", err)
			p.waiting(fmt.Sprintf("no network for the pod yet: %v", err))
		}
		if !sleep(p.end.asked, wait) {
			return false
		}
	}
	return false
}

// tryAttach makes the pod's network; the error leaves nothing behind but the
// empty namespace.
func (p *pod) tryAttach(ctx context.Context) ([]netip.Addr, error) {
	p.set(func() { p.attachable = true })
	path, err := p.agent.machine.NewPodNetwork(ctx, p.first.UID)
	if err != nil {
		return nil, fmt.Errorf("make its network namespace: %w", err)
	}
	addresses, err := p.agent.network.add(ctx, p.first, path)
	if err != nil {
		// CNI wants a DEL after an ADD that failed.
		return nil, errors.Join(err, p.agent.network.remove(ctx, p.first, path))
	}
	return addresses, nil
}

// waiting shows what the pod's containers wait for.
func (p *pod) waiting(message string) {
	p.set(func() {
		for _, c := range p.containers {
			c.status.State.Waiting.Message = message
		}
	})
}

// detach takes the pod's network down, and insists on it until ctx is done: what is
// left would keep the pod's address in use.
func (p *pod) detach(ctx context.Context) {
	p.mu.Lock()
	attachable := p.attachable
	p.mu.Unlock()
	if !attachable || ctx.Err() != nil {
		return
	}
	for wait := poll; ; wait = min(2*wait, maxAttachRetry) {
		err := p.tryDetach(ctx)
		if err == nil {
			p.set(func() { p.attached, p.attachable = false, false })
			return
		}
		if ctx.Err() != nil {
			return
		}
		p.log.Warn("The pod's network is not down yet", "error", err)
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (p *pod) tryDetach(ctx context.Context) error {
	// The plugin wants a namespace to look into, even if it is a new one.
	path, err := p.agent.machine.NewPodNetwork(ctx, p.first.UID)
	if err != nil {
		return fmt.Errorf("make a network namespace to take down: %w", err)
	}
	if err := p.agent.network.remove(ctx, p.first, path); err != nil {
		return err
	}
	if err := p.agent.machine.DeletePodNetwork(ctx, p.first.UID); err != nil {
		return fmt.Errorf("delete its network namespace: %w", err)
	}
	return nil
}

// pluginRunner runs CNI plugins on a node. It implements invoke.Exec.
type pluginRunner struct {
	machine     Machine
	environment []string
	version.PluginDecoder
}

// FindInPath finds a plugin's program.
func (*pluginRunner) FindInPath(plugin string, paths []string) (string, error) {
	return invoke.FindInPath(plugin, paths)
}

// ExecPlugin runs a plugin and returns its output. Of environ, which is the
// agent's own environment too, the plugin gets what CNI has added.
func (r *pluginRunner) ExecPlugin(ctx context.Context, path string, stdin []byte, environ []string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = append(cmd.Env, r.environment...)
	for _, v := range environ {
		if strings.HasPrefix(v, "CNI_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A plugin starts another one for addresses.
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	if err := r.machine.Start(Place{}, cmd); err != nil {
		return nil, fmt.Errorf("start CNI plugin %s: %w", path, err)
	}
	if err := r.machine.Wait(cmd); err != nil {
		return nil, pluginError(path, err, stdout.Bytes(), stderr.String())
	}
	return stdout.Bytes(), nil
}

// pluginError is the error that a plugin has written, or else how it ended and the
// end of its standard error.
func pluginError(path string, err error, stdout []byte, stderr string) error {
	var told cnitypes.Error
	if json.Unmarshal(stdout, &told) == nil && told.Msg != "" {
		return fmt.Errorf("CNI plugin %s: %w", path, &told)
	}
	const tail = 2000
	stderr = strings.TrimSpace(stderr)
	return fmt.Errorf("CNI plugin %s: %w: %s", path, err, stderr[max(0, len(stderr)-tail):])
}
