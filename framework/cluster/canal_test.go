package cluster

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// canal is a cluster with flannel that is not started.
func canal(t *testing.T) *Cluster {
	t.Helper()
	topology, err := fixtures.Topology("two-racks")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("canal-vxlan")
	if err != nil {
		t.Fatal(err)
	}
	return &Cluster{config: Config{Topology: topology, Mode: mode, Iptables: "nft"}}
}

// canalContainers are the containers of Canal's DaemonSet, by name.
func canalContainers(t *testing.T) map[string]corev1.Container {
	t.Helper()
	objects, err := decodeManifests([]byte(read(t, "canal.yaml")))
	if err != nil || len(objects) != 1 {
		t.Fatalf("%d objects: %v", len(objects), err)
	}
	var set v1.DaemonSet
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[0].Object, &set); err != nil {
		t.Fatal(err)
	}
	containers := map[string]corev1.Container{}
	for _, c := range set.Spec.Template.Spec.Containers {
		containers[c.Name] = c
	}
	return containers
}

// values are the variables of a container that it has the same on every node.
func values(t *testing.T, c corev1.Container) map[string]string {
	t.Helper()
	config, err := canalConfig()
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]string{}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			set[e.Name] = e.Value
		} else if ref := e.ValueFrom.ConfigMapKeyRef; ref != nil {
			set[e.Name] = config.Data[ref.Key]
		}
	}
	return set
}

func pairs(environment []string) map[string]string {
	set := map[string]string{}
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		set[name] = value
	}
	return set
}

// TestCanalEnvironmentIsTheManifests compares the settings of Calico's programs in Canal with
// those of its manifest: what is not the same differs from Calico's own manifest likewise.
func TestCanalEnvironmentIsTheManifests(t *testing.T) {
	c := canal(t)
	own, original := pairs(c.nodeEnvironment(c.config.Topology.Nodes()[0])), values(t, canalContainers(t)["calico-node"])
	changes := environmentChanges()
	for _, name := range slices.Sorted(maps.Keys(joined(own, original))) {
		value, set := own[name]
		wanted, expected := original[name]
		if _, differs := changes[name]; !differs && (set != expected || value != wanted) {
			t.Errorf("%s: a node has %q (set: %v), the manifest %q (set: %v)", name, value, set, wanted, expected)
		}
	}
	for _, name := range []string{"CALICO_NETWORKING_BACKEND", "CLUSTER_TYPE", "USE_POD_CIDR", "IP"} {
		if own[name] != original[name] {
			t.Errorf("%s is %q, in the manifest %q", name, own[name], original[name])
		}
	}
}

// TestFlannelIsTheManifests compares flannel's command and environment with the manifest's.
func TestFlannelIsTheManifests(t *testing.T) {
	container := canalContainers(t)["kube-flannel"]
	if got, want := flannelCommand(), append([]string{filepath.Base(container.Command[0])}, container.Command[1:]...); !slices.Equal(got[:len(want)], want) || len(got) != len(want)+1 {
		t.Errorf("command %q, in the manifest %q", got, want)
	}
	own := pairs(flannelEnvironment(topology.Host{Name: "worker"}))
	delete(own, "NODE_NAME")
	if original := values(t, container); !maps.Equal(own, original) {
		t.Errorf("environment %v, in the manifest %v", own, original)
	}
}

func TestCanalCNIConfiguration(t *testing.T) {
	c := canal(t)
	text, err := c.cniConfiguration(c.config.Topology.Nodes()[0])
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Plugins []struct {
			Type, Nodename string
			MTU            int
			IPAM           struct{ Type, Subnet string }
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Plugins) != 1 {
		t.Fatalf("plugins %+v, want Calico's alone", list.Plugins)
	}
	if p := list.Plugins[0]; p.Type != "calico" || p.Nodename != "control-plane" || p.MTU != 1500 || p.IPAM.Type != "host-local" || p.IPAM.Subnet != "usePodCidr" {
		t.Errorf("%+v", p)
	}
}

func TestPodMTUBesideFlannel(t *testing.T) {
	port := topology.Interface{Host: "node0", Name: "net0", Link: "rack"}
	for link, want := range map[int]int{1400: 1400, 9000: 1500} {
		top := &topology.Topology{Links: []topology.Link{{Name: "rack", MTU: link, Ends: []topology.Interface{port}}}}
		if got := PodMTU(top, &calico.Mode{Flannel: &calico.Flannel{Backend: calico.FlannelVXLAN}}, topology.Host{Name: "node0", Interfaces: []topology.Interface{port}}); got != want {
			t.Errorf("link %d: got %d, want %d", link, got, want)
		}
	}
}

// TestCanalManifestIsCurrent compares what is recorded of Canal's manifest with that of the
// version that labs are built from, where its source is on this machine.
func TestCanalManifestIsCurrent(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join(calicoSource(t), "manifests/canal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(canalManifest)+"\n---\n"+read(t, "canal.yaml"), "\n---\n") {
		if !strings.Contains(string(manifest), strings.TrimSpace(document)) {
			t.Errorf("Canal's manifest has another one of %.60q: record it again", document)
		}
	}
}
