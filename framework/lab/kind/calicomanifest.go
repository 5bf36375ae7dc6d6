package kind

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/topology"
)

// calicoNamespace is where Calico's manifest puts its workloads.
const calicoNamespace = "kube-system"

// Names in Calico's manifest.
const (
	calicoNode = "calico-node"
	// calicoConfig is the ConfigMap that the DaemonSet takes its settings from.
	calicoConfig = "calico-config"
	// servicesEndpoint is the ConfigMap that tells Calico where the API server is,
	// which the manifest leaves to the user.
	servicesEndpoint = "kubernetes-services-endpoint"
	// bootstrapContainer prepares the eBPF data plane, which no mode uses.
	bootstrapContainer = "ebpf-bootstrap"
)

// workloads are Calico's workloads, adapted to a lab: the service accounts, the
// ConfigMaps and the DaemonSet of its manifest. Its definitions and roles are
// installed before (cluster.InstallCalico). kube-controllers is left out, as in the
// embedded lab: it makes nothing that BGP needs.
type workloads struct {
	ServiceAccounts []corev1.ServiceAccount
	ConfigMaps      []corev1.ConfigMap
	Node            appsv1.DaemonSet
}

// adaptManifest finds a lab's workloads in Calico's manifest. server is where nodes
// reach the API server in the management network.
func adaptManifest(manifest []byte, t *topology.Topology, m *calico.Mode, server netip.AddrPort) (workloads, error) {
	var found workloads
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return workloads{}, fmt.Errorf("read Calico's manifest: %w", err)
		}
		if err := found.add(object); err != nil {
			return workloads{}, fmt.Errorf("read Calico's manifest: %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	config := slices.IndexFunc(found.ConfigMaps, func(c corev1.ConfigMap) bool { return c.Name == calicoConfig })
	if config < 0 || found.Node.Name == "" {
		return workloads{}, fmt.Errorf("read Calico's manifest: it has no ConfigMap %s or no DaemonSet %s: this program knows the manifest of Calico v3.31", calicoConfig, calicoNode)
	}
	// The CNI plugin is told, as pods do not wait for Felix to find out.
	found.ConfigMaps[config].Data["veth_mtu"] = strconv.Itoa(podMTU(t, m))
	// Not the cluster IP: Calico then needs no kube-proxy to start, and what it says to
	// the API server keeps to the management network.
	found.ConfigMaps = append(found.ConfigMaps, corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: servicesEndpoint, Namespace: calicoNamespace},
		Data: map[string]string{
			"KUBERNETES_SERVICE_HOST": server.Addr().String(), "KUBERNETES_SERVICE_PORT": strconv.Itoa(int(server.Port())),
		},
	})
	return found, adaptNode(&found.Node, t)
}

func (w *workloads) add(object unstructured.Unstructured) error {
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	switch object.GetKind() {
	case "ServiceAccount":
		var account corev1.ServiceAccount
		if err := convert(object.Object, &account); err != nil {
			return err
		}
		w.ServiceAccounts = append(w.ServiceAccounts, account)
	case "ConfigMap":
		var config corev1.ConfigMap
		if err := convert(object.Object, &config); err != nil {
			return err
		}
		w.ConfigMaps = append(w.ConfigMaps, config)
	case "DaemonSet":
		if object.GetName() == calicoNode {
			return convert(object.Object, &w.Node)
		}
	}
	return nil
}

// podMTU is what the pods of all nodes can have: the manifest has one for all.
func podMTU(t *topology.Topology, m *calico.Mode) int {
	mtu := 0
	for _, node := range t.Nodes() {
		if own := cluster.PodMTU(t, m, node); mtu == 0 || own < mtu {
			mtu = own
		}
	}
	return mtu
}

// environment are the settings of calico-node that differ from the manifest's, as the
// embedded lab has them (framework/cluster, nodeEnvironment); an empty value takes a
// setting out.
func environment(t *topology.Topology) map[string]string {
	return map[string]string{
		// The mode brings the pools.
		"NO_DEFAULT_POOLS":      "true",
		"CALICO_IPV4POOL_IPIP":  "",
		"CALICO_IPV4POOL_VXLAN": "",
		"CALICO_IPV6POOL_VXLAN": "",
		// A node's address is that of its Kubernetes Node, which is in the fabric.
		"IP":                      "autodetect",
		"IP_AUTODETECTION_METHOD": "kubernetes-internal-ip",
		"IP6":                     "none",
		"FELIX_MTUIFACEPATTERN":   cluster.FabricInterfaces(t.Nodes()...),
		// The manifest has the pods' MTU here, which is another than the tunnel's.
		"FELIX_IPINIPMTU":             "",
		"FELIX_VXLANMTU":              "",
		"FELIX_WIREGUARDMTU":          "",
		"FELIX_LOGSEVERITYSCREEN":     "info",
		"FELIX_USAGEREPORTINGENABLED": "false",
	}
}

// adaptNode adapts Calico's DaemonSet.
func adaptNode(set *appsv1.DaemonSet, t *topology.Topology) error {
	pod := &set.Spec.Template.Spec
	pod.InitContainers = slices.DeleteFunc(pod.InitContainers, func(c corev1.Container) bool { return c.Name == bootstrapContainer })
	i := slices.IndexFunc(pod.Containers, func(c corev1.Container) bool { return c.Name == calicoNode })
	if i < 0 {
		return fmt.Errorf("read Calico's manifest: its DaemonSet has no container %s: this program knows the manifest of Calico v3.31", calicoNode)
	}
	container := &pod.Containers[i]
	setEnvironment(container, environment(t))
	// A component that a spec has stopped stays stopped; and whether Calico is ready a lab
	// sees by itself, while each of these probes starts a program on every node.
	container.LivenessProbe, container.ReadinessProbe = nil, nil
	// These are for the eBPF data plane, and a node need not have what they show.
	for _, volume := range []string{"sys-fs", "bpffs", "nodeproc"} {
		pod.Volumes = slices.DeleteFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == volume })
		container.VolumeMounts = slices.DeleteFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	}
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for c := range containers {
			containers[c].ImagePullPolicy = corev1.PullIfNotPresent
		}
	}
	return nil
}

func setEnvironment(container *corev1.Container, settings map[string]string) {
	container.Env = slices.DeleteFunc(container.Env, func(e corev1.EnvVar) bool { _, ok := settings[e.Name]; return ok })
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if settings[name] != "" {
			container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: settings[name]})
		}
	}
}
