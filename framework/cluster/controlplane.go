package cluster

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/cluster/controlplane"
)

const (
	apiServerPort = 6443
	etcdClient    = "http://127.0.0.1:2379"
	etcdPeer      = "http://127.0.0.1:2380"
)

// controlPlaneTimeout bounds the wait for the API server: several times what a
// loaded machine needs, so that a hang is told apart from slowness.
const controlPlaneTimeout = 2 * time.Minute

// startControlPlane starts etcd and the API server side by side and waits for the
// API.
func (c *Cluster) startControlPlane(ctx context.Context) error {
	files, err := c.controlPlaneFiles()
	if err != nil {
		return err
	}
	place := c.config.ControlPlane
	if err := place.Begin(ctx, files); err != nil {
		return err
	}
	if err := place.Start(ctx, "etcd", c.etcd()); err != nil {
		return err
	}
	if err := place.Start(ctx, "kube-apiserver", c.apiServer()); err != nil {
		return err
	}
	return c.waitForAPI(ctx)
}

// startControllers starts the controller manager and the scheduler, which would
// only wait for the API if they were started earlier.
func (c *Cluster) startControllers(ctx context.Context) error {
	if err := c.config.ControlPlane.Start(ctx, "kube-controller-manager", c.controllerManager()); err != nil {
		return err
	}
	return c.config.ControlPlane.Start(ctx, "kube-scheduler", c.scheduler())
}

func (c *Cluster) file(name string) string { return c.config.ControlPlane.Path(name) }

// controlPlaneFiles are the control plane's certificates, keys and configuration, by
// name.
func (c *Cluster) controlPlaneFiles() (map[string][]byte, error) {
	// The API server's own service has the first address of the service network.
	kubernetesService := c.config.Topology.Services.First().Masked().Addr().Next()
	serving, err := c.ca.issue("kube-apiserver", nil,
		[]netip.Addr{c.config.Topology.Management.Control, kubernetesService, netip.MustParseAddr("127.0.0.1")},
		"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
	if err != nil {
		return nil, err
	}
	kubeletClient, err := c.ca.issue("kube-apiserver-kubelet-client", []string{"system:masters"}, nil)
	if err != nil {
		return nil, err
	}
	signingKey, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	controllerManager, err := c.identities.controllerManager.kubeconfig(c.server, c.ca.pem)
	if err != nil {
		return nil, err
	}
	scheduler, err := c.identities.scheduler.kubeconfig(c.server, c.ca.pem)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"ca.crt": c.ca.pem, "tokens.csv": c.identities.tokenFile(), "service-account.key": signingKey,
		"apiserver.crt": serving.certificate, "apiserver.key": serving.key,
		"kubelet-client.crt": kubeletClient.certificate, "kubelet-client.key": kubeletClient.key,
		"controller-manager.kubeconfig": controllerManager, "scheduler.kubeconfig": scheduler,
	}, nil
}

// etcd keeps nothing beyond the lab, so it need not wait for a disk.
func (c *Cluster) etcd() []string {
	return []string{
		"--data-dir=" + c.file(controlplane.EtcdFolder), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=" + etcdClient, "--advertise-client-urls=" + etcdClient,
		"--listen-peer-urls=" + etcdPeer, "--initial-advertise-peer-urls=" + etcdPeer,
		"--initial-cluster=default=" + etcdPeer,
	}
}

func (c *Cluster) apiServer() []string {
	return []string{
		"--etcd-servers=" + etcdClient,
		"--bind-address=0.0.0.0", fmt.Sprintf("--secure-port=%d", apiServerPort),
		"--advertise-address=" + c.config.Topology.Management.Control.String(),
		"--service-cluster-ip-range=" + c.config.Topology.Services.String(),
		"--authorization-mode=Node,RBAC",
		"--token-auth-file=" + c.file("tokens.csv"),
		"--client-ca-file=" + c.file("ca.crt"),
		"--tls-cert-file=" + c.file("apiserver.crt"), "--tls-private-key-file=" + c.file("apiserver.key"),
		"--service-account-issuer=" + c.server,
		"--service-account-key-file=" + c.file("service-account.key"),
		"--service-account-signing-key-file=" + c.file("service-account.key"),
		"--kubelet-certificate-authority=" + c.file("ca.crt"),
		"--kubelet-client-certificate=" + c.file("kubelet-client.crt"),
		"--kubelet-client-key=" + c.file("kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--allow-privileged",
		// Pods need no service account: nothing in a lab's pods talks to the API,
		// and the wait for the account would hold up the first pods.
		"--disable-admission-plugins=ServiceAccount",
		"--profiling=false",
	}
}

func (c *Cluster) controllerManager() []string {
	arguments := []string{
		"--kubeconfig=" + c.file("controller-manager.kubeconfig"),
		"--leader-elect=false", "--use-service-account-credentials=false",
		"--service-account-private-key-file=" + c.file("service-account.key"),
		"--root-ca-file=" + c.file("ca.crt"),
		// A node that is new, or back, is looked at soon. One that gives no sign of life has
		// the 50 s of any cluster: agents give one every 10 s, and a machine that stands
		// still for a moment must not cost a node its readiness and services their endpoints.
		"--node-monitor-period=1s",
		"--controllers=" + controllers,
		"--profiling=false",
	}
	if c.isCanal() {
		// As kubeadm sets them for any cluster. Calico's own IPAM does not read the result.
		arguments = append(arguments, "--allocate-node-cidrs=true", "--cluster-cidr="+c.config.Topology.Pods.String())
	}
	return arguments
}

// controllers are all of Kubernetes' but those for storage, certificates and
// autoscaling, of which a lab has nothing.
const controllers = "*," +
	"-persistentvolume-binder-controller,-persistentvolume-attach-detach-controller," +
	"-persistentvolume-expander-controller,-persistentvolume-protection-controller," +
	"-persistentvolumeclaim-protection-controller,-ephemeral-volume-controller," +
	"-volumeattributesclass-protection-controller,-resourceclaim-controller," +
	"-certificatesigningrequest-signing-controller,-certificatesigningrequest-approving-controller," +
	"-certificatesigningrequest-cleaner-controller,-horizontal-pod-autoscaler-controller"

func (c *Cluster) scheduler() []string {
	return []string{
		"--kubeconfig=" + c.file("scheduler.kubeconfig"),
		"--leader-elect=false", "--profiling=false",
	}
}

// waitForAPI waits until the API server says that it is ready. An API server
// that dies ends the wait through ctx.
func (c *Cluster) waitForAPI(ctx context.Context) error {
	client, err := rest.UnversionedRESTClientFor(withoutCodec(c.admin))
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	var last error
	err = wait.PollUntilContextTimeout(ctx, poll, controlPlaneTimeout, true, func(ctx context.Context) (bool, error) {
		last = client.Get().AbsPath("/readyz").Do(ctx).Error()
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the API server at %s to be ready: %w (last answer: %w)", c.server, err, last)
	}
	return nil
}
