package kind

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// patch is a merge patch of a document of kubeadm's configuration. kind applies it to
// the document of the same kind and, if it has one, the same version.
type patch struct {
	Kind              string               `json:"kind"`
	APIVersion        string               `json:"apiVersion,omitempty"`
	NodeRegistration  *nodeRegistration    `json:"nodeRegistration,omitempty"`
	SkipPhases        []string             `json:"skipPhases,omitempty"`
	ControllerManager *controlPlaneProgram `json:"controllerManager,omitempty"`
	Scheduler         *controlPlaneProgram `json:"scheduler,omitempty"`
	Etcd              *etcd                `json:"etcd,omitempty"`
	IPTables          *iptables            `json:"iptables,omitempty"`
	Conntrack         *map[string]string   `json:"conntrack,omitempty"`
}

type nodeRegistration struct {
	Name             string `json:"name"`
	Taints           []any  `json:"taints"`
	KubeletExtraArgs any    `json:"kubeletExtraArgs"`
}

// controlPlaneProgram is one of the control plane's.
type controlPlaneProgram struct {
	ExtraArgs any `json:"extraArgs"`
}

type etcd struct {
	Local controlPlaneProgram `json:"local"`
}

type iptables struct {
	MinSyncPeriod string `json:"minSyncPeriod"`
}

// argument is how kubeadm.k8s.io/v1beta4 writes an argument; v1beta3 has a map.
type argument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// clusterConfig is the kind cluster of a topology in a mode. folder is where this machine
// has the nodes' files (nodeFiles).
func clusterConfig(t *topology.Topology, m *calico.Mode, image string, folder func(node string) string) (*v1alpha4.Cluster, error) {
	config := &v1alpha4.Cluster{
		TypeMeta: v1alpha4.TypeMeta{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4"},
		Networking: v1alpha4.Networking{
			DisableDefaultCNI: true,
			PodSubnet:         t.Pods.String(),
			ServiceSubnet:     t.Services.String(),
			KubeProxyMode:     v1alpha4.IPTablesProxyMode,
			// Docker chooses the port: nobody connects to it, as Rackproof enters the
			// control plane's network namespace.
			APIServerAddress: "127.0.0.1",
			APIServerPort:    -1,
		},
	}
	proxy, err := encode(patch{
		Kind: "KubeProxyConfiguration",
		// A service that changes is in the rules at once, not a second later.
		IPTables: &iptables{MinSyncPeriod: "100ms"},
		// These are the kernel's own, which a lab leaves alone.
		Conntrack: &map[string]string{"tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
	})
	if err != nil {
		return nil, err
	}
	config.KubeadmConfigPatches = []string{proxy}
	for version, write := range argumentWriters() {
		text, err := encode(patch{
			Kind: "ClusterConfiguration", APIVersion: version,
			// There is one of each, so nobody to agree with.
			ControllerManager: &controlPlaneProgram{write(map[string]string{"leader-elect": "false"})},
			Scheduler:         &controlPlaneProgram{write(map[string]string{"leader-elect": "false"})},
			// It keeps nothing beyond the lab, so it need not wait for a disk.
			Etcd: &etcd{controlPlaneProgram{write(map[string]string{"unsafe-no-fsync": "true"})}},
		})
		if err != nil {
			return nil, err
		}
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, text)
	}
	slices.Sort(config.KubeadmConfigPatches)
	for i, host := range t.Nodes() {
		node := v1alpha4.Node{
			Role: v1alpha4.WorkerRole, Image: image,
		}
		for _, file := range nodeFiles(host) {
			node.ExtraMounts = append(node.ExtraMounts, v1alpha4.Mount{
				HostPath: path.Join(folder(host.Name), file.name), ContainerPath: file.path, Readonly: true,
			})
		}
		if i == 0 {
			node.Role = v1alpha4.ControlPlaneRole
		}
		if node.KubeadmConfigPatches, err = nodePatches(host, m, i == 0); err != nil {
			return nil, err
		}
		config.Nodes = append(config.Nodes, node)
	}
	return config, nil
}

// argumentWriters write a program's arguments as the versions of kubeadm's
// configuration do that kind may use.
func argumentWriters() map[string]func(map[string]string) any {
	return map[string]func(map[string]string) any{
		"kubeadm.k8s.io/v1beta3": func(arguments map[string]string) any { return arguments },
		"kubeadm.k8s.io/v1beta4": func(arguments map[string]string) any {
			var list []argument
			for _, name := range slices.Sorted(maps.Keys(arguments)) {
				list = append(list, argument{name, arguments[name]})
			}
			return list
		},
	}
}

// nodePatches give a node the topology's name, its address in the fabric, and its
// labels.
func nodePatches(host topology.Host, m *calico.Mode, controlPlane bool) ([]string, error) {
	arguments := map[string]string{
		"node-ip":     host.Address().String(),
		"node-labels": kubeletLabels(m.Resources.NodeLabels(host)),
	}
	kind, skip := "JoinConfiguration", []string{"preflight"}
	if controlPlane {
		// There are no names in a lab, so no DNS. The control plane is a node as any
		// other: no taint, and no label that keeps services' addresses off it, which
		// the phase mark-control-plane would give.
		kind, skip = "InitConfiguration", []string{"preflight", "addon/coredns", "mark-control-plane"}
	}
	var patches []string
	for version, write := range argumentWriters() {
		text, err := encode(patch{
			Kind: kind, APIVersion: version,
			NodeRegistration: &nodeRegistration{Name: host.Name, Taints: []any{}, KubeletExtraArgs: write(arguments)},
			SkipPhases:       skip,
		})
		if err != nil {
			return nil, err
		}
		patches = append(patches, text)
	}
	slices.Sort(patches)
	return patches, nil
}

// kubeletLabels are labels as the kubelet's argument, without those that the kubelet
// sets itself and may not be told.
func kubeletLabels(labels map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if domain, _, ok := strings.Cut(name, "/"); ok && (domain == "kubernetes.io" || strings.HasSuffix(domain, ".kubernetes.io")) {
			continue
		}
		list = append(list, name+"="+labels[name])
	}
	return strings.Join(list, ",")
}

// encode writes a document as JSON, which is YAML.
func encode(document any) (string, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("write kubeadm's configuration: %w", err)
	}
	return string(data), nil
}
