package cluster

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// canalManifest is what Calico's manifest for Canal (manifests/canal.yaml of v3.31.0) has
// beyond the one for Calico alone, without its DaemonSet: the ConfigMap, and flannel's
// role.
//
//go:embed canal.yaml
var canalManifest []byte

const (
	// flannelComponent is the name of flannel's daemon among the lab's components.
	flannelComponent = "flannel"
	// flannelFolder is where the DaemonSet mounts the ConfigMap.
	flannelFolder = "/etc/kube-flannel"
	// canalCNIConfiguration is CNI_CONF_NAME of the DaemonSet.
	canalCNIConfiguration = "/etc/cni/net.d/10-canal.conflist"
	// mountTimeout bounds the reading of the ConfigMap at each start of flannel.
	mountTimeout = 10 * time.Second
	// subnetTimeout bounds the wait for a node's subnet: many times what the controller
	// manager needs on a loaded machine.
	subnetTimeout = time.Minute
)

// isCanal reports whether the pod network is flannel's.
func (c *Cluster) isCanal() bool { return c.config.Mode.Flannel != nil }

// canalKinds are the kinds of canalManifest.
func canalKinds() map[string]schema.GroupVersionResource {
	kinds := installed()
	kinds["ConfigMap"] = corev1.SchemeGroupVersion.WithResource("configmaps")
	return kinds
}

// createCanal creates what canalManifest has, with the mode's network configuration.
func (c *Cluster) createCanal(ctx context.Context) error {
	client, err := dynamic.NewForConfig(c.admin)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	objects, err := decodeManifests(canalManifest)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if object.GetKind() == "ConfigMap" {
			text := c.config.Mode.Flannel.Config(c.config.Topology.Pods.First())
			if err := unstructured.SetNestedField(object.Object, text, "data", calico.FlannelConfigKey); err != nil {
				return fmt.Errorf("fill in ConfigMap %s: %w", object.GetName(), err)
			}
		}
		resource := client.Resource(canalKinds()[object.GetKind()])
		// The API server makes the namespace when it has started.
		err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
			_, err := resource.Namespace(object.GetNamespace()).Create(ctx, &object, metav1.CreateOptions{})
			return err == nil, ignoreNotFound(err)
		})
		if err != nil {
			return fmt.Errorf("create Canal's %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// canalConfig is the ConfigMap of canalManifest.
func canalConfig() (corev1.ConfigMap, error) {
	var config corev1.ConfigMap
	objects, err := decodeManifests(canalManifest)
	if err != nil {
		return config, err
	}
	i := slices.IndexFunc(objects, func(o unstructured.Unstructured) bool { return o.GetName() == calico.FlannelConfigMap })
	if i < 0 {
		return config, errors.New("find ConfigMap " + calico.FlannelConfigMap + ": the manifest has none")
	}
	err = runtime.DefaultUnstructuredConverter.FromUnstructured(objects[i].Object, &config)
	return config, err
}

// canalCNI is the network configuration of Canal's ConfigMap for a node, as install-cni
// fills it in, without the plugin for host ports.
func (c *Cluster) canalCNI(host topology.Host) ([]byte, error) {
	config, err := canalConfig()
	if err != nil {
		return nil, err
	}
	filled := strings.NewReplacer(
		"__KUBERNETES_NODE_NAME__", host.Name, "__CNI_MTU__", strconv.Itoa(c.podMTU(host)), "__KUBECONFIG_FILEPATH__", cniKubeconfig,
	).Replace(config.Data["cni_network_config"])
	var list map[string]any
	if err := json.Unmarshal([]byte(filled), &list); err != nil {
		return nil, fmt.Errorf("read Canal's network configuration: %w", err)
	}
	plugins, _ := list["plugins"].([]any)
	list["plugins"] = slices.DeleteFunc(plugins, func(plugin any) bool {
		settings, _ := plugin.(map[string]any)
		return settings["type"] == "portmap"
	})
	return json.Marshal(list)
}

// waitForSubnet waits until the controller manager has given the node a subnet of the pod
// network. Flannel and the CNI plugin would end with an error and be started again until
// then.
func (n *node) waitForSubnet(ctx context.Context) error {
	if !n.cluster.isCanal() {
		return nil
	}
	err := wait.PollUntilContextTimeout(ctx, poll, subnetTimeout, true, func(ctx context.Context) (bool, error) {
		found, err := n.cluster.agentClient.CoreV1().Nodes().Get(ctx, n.host.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		return found.Spec.PodCIDR != "", nil
	})
	if err != nil {
		return fmt.Errorf("wait for the node's subnet (the log of the controller manager tells why it has none): %w", err)
	}
	return nil
}

// flannelCommand is the command of the DaemonSet's container kube-flannel. Beside it is a
// kubeconfig, as no service account has a file of its own.
func flannelCommand() []string {
	return []string{"flanneld", "--ip-masq", "--kube-subnet-mgr", "--kubeconfig-file=" + nodeKubeconfig}
}

// flannelEnvironment is the environment of that container, and the node's name, which
// flannel would read off its own pod.
func flannelEnvironment(host topology.Host) []string {
	return []string{"NODE_NAME=" + host.Name, "FLANNELD_IFACE=", "FLANNELD_IP_MASQ=true"}
}

// startFlannel starts flannel's daemon.
func (n *node) startFlannel() error {
	daemon := n.component(flannelComponent, flannelCommand())
	daemon.Env = slices.Concat(n.cluster.config.Environment, flannelEnvironment(n.host))
	daemon.Starting = n.mountFlannelConfig
	return n.cluster.config.Supervisor.Start(daemon)
}

// mountFlannelConfig gives flannel the ConfigMap as files, as it is now: a kubelet mounts
// it again for each container.
func (n *node) mountFlannelConfig() {
	ctx, cancel := context.WithTimeout(context.Background(), mountTimeout)
	defer cancel()
	config, err := n.cluster.agentClient.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, calico.FlannelConfigMap, metav1.GetOptions{})
	if err == nil {
		files := map[string][]byte{}
		for key, text := range config.Data {
			files[path.Join(flannelFolder, key)] = []byte(text)
		}
		err = n.namespaces.WriteFiles(files, 0o644)
	}
	if err != nil {
		n.cluster.config.Supervisor.Note(n.host.Name, flannelComponent, "starts with the configuration of before: "+err.Error())
	}
}
