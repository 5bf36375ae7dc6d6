package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/cluster/agent"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// agentComponent is the name of an agent's log. The agents themselves are part of
// the lab's process.
const agentComponent = "agent"

// startAgent starts a node's agent. The node is not ready, and runs no pods with a
// network of their own, until the agent is told that Calico is there.
func (c *Cluster) startAgent(ctx context.Context, host topology.Host, namespaces namespace.Set) (*agent.Agent, error) {
	serving, err := c.ca.issue(host.Name, nil, []netip.Addr{host.Address()})
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(serving.certificate, serving.key)
	if err != nil {
		return nil, fmt.Errorf("read the agent's certificate: %w", err)
	}
	clientCA := x509.NewCertPool()
	clientCA.AddCert(c.ca.certificate)
	log, err := c.agentLog(host.Name)
	if err != nil {
		return nil, err
	}
	network, err := c.cniConfiguration(host)
	if err != nil {
		return nil, err
	}
	a, err := agent.New(agent.Config{
		Node: host.Name, Address: host.Address(),
		Labels:      c.config.Mode.Resources.NodeLabels(host),
		Annotations: c.calicoNode(host.Name).Annotations(),
		Version:     c.config.Version,
		Client:      c.agentClient,
		Machine:     machine{cluster: c, namespaces: namespaces},
		Images:      c.config.Images,
		Environment: c.config.Environment,
		Network: agent.Network{
			Configuration: network,
			PluginPath:    c.config.PluginFolders,
			CacheDir:      filepath.Join(c.config.Dir, "cni", host.Name),
		},
		Certificate: certificate, ClientCA: clientCA,
		LogDir: filepath.Join(c.config.LogDir, host.Name, "pods"),
		Log:    log,
	})
	if err != nil {
		return nil, err
	}
	a.SetReady(false, "NetworkNotReady", "Calico has not started on the node yet")
	// The agent lives as long as the lab, not as long as its start.
	go func() {
		if err := a.Run(context.WithoutCancel(ctx)); err != nil {
			c.config.Died(err)
		}
	}()
	return a, nil
}

func (c *Cluster) agentLog(node string) (*slog.Logger, error) {
	path := supervisor.LogPath(c.config.LogDir, node, agentComponent)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open the agent's log: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the agent's log: %w", err)
	}
	return slog.New(slog.NewTextHandler(file, nil)), nil
}

// newAgentClient makes the client that all agents share.
func (c *Cluster) newAgentClient() (kubernetes.Interface, error) {
	client, err := kubernetes.NewForConfig(c.identities.agent.restConfig(c.server, c.ca.pem))
	if err != nil {
		return nil, fmt.Errorf("make the agents' client: %w", err)
	}
	return client, nil
}
