package kind

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/e2e-framework/klient/decoder"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/rackproof/rackproof/framework/cluster"
)

// apiServerPort is kubeadm's.
const apiServerPort = 6443

// superAdminConfig is the kubeconfig of an administrator who is one before there are
// any roles (kubeadm, from Kubernetes 1.29 on).
const superAdminConfig = "/etc/kubernetes/super-admin.conf"

// server is where the API server is in the management network.
func (l *Lab) server() netip.AddrPort {
	return netip.AddrPortFrom(l.record.Topology.Management.Control, apiServerPort)
}

// readKubeconfig reads an administrator's kubeconfig from the control plane, which is
// there soon after kubeadm began, and writes it to the lab's folder.
func (l *Lab) readKubeconfig() error {
	control, err := l.host(cluster.ControlHost)
	if err != nil {
		return err
	}
	data, err := control.ReadFile(superAdminConfig)
	if err != nil {
		return err
	}
	config, err := clientcmd.Load(data)
	if err != nil {
		return fmt.Errorf("read kubeadm's kubeconfig: %w", err)
	}
	for _, entry := range config.Clusters {
		// Its name is known to the containers only; the certificate has both.
		entry.Server = "https://" + l.server().String()
	}
	if data, err = clientcmd.Write(*config); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	if err := l.folder.Write(kubeconfigFile, data); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return nil
}

// connect makes the lab's clients of the API server.
func (l *Lab) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig())
	if err != nil {
		return fmt.Errorf("lab %s: read its kubeconfig: %w", l.Name(), err)
	}
	control, err := l.host(cluster.ControlHost)
	if err != nil {
		return err
	}
	// The API server is in the lab, so connections begin there.
	config.Dial = control.DialContext
	config.QPS, config.Burst = 1000, 2000
	l.config = config
	if l.client, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("lab %s: make a client for its API server: %w", l.Name(), err)
	}
	return nil
}

// createWorkload creates what runs in the cluster from the beginning.
func (l *Lab) createWorkload(ctx context.Context, manifests []byte) error {
	c, err := resources.New(l.config)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	if err := decoder.DecodeEach(ctx, bytes.NewReader(manifests), decoder.CreateHandler(c)); err != nil {
		return fmt.Errorf("create the workload: %w", err)
	}
	return nil
}
