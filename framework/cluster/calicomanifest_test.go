package cluster

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/oracle"
)

// calicoContainer finds Calico's container and the ConfigMap calico-config in its
// manifest.
func calicoContainer(t *testing.T) (corev1.Container, corev1.ConfigMap) {
	t.Helper()
	objects, err := decodeManifests([]byte(read(t, "manifest.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	var config corev1.ConfigMap
	var set appsv1.DaemonSet
	for _, object := range objects {
		into := map[string]any{"ConfigMap": &config, "DaemonSet": &set}[object.GetKind()]
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
			t.Fatal(err)
		}
	}
	if len(set.Spec.Template.Spec.Containers) != 1 || config.Name != "calico-config" {
		t.Fatalf("got %d containers and ConfigMap %q", len(set.Spec.Template.Spec.Containers), config.Name)
	}
	return set.Spec.Template.Spec.Containers[0], config
}

// leafSpine is a cluster that is not started.
func leafSpine(t *testing.T) *Cluster {
	t.Helper()
	topology, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	return &Cluster{config: Config{Topology: topology, Mode: mode, Iptables: "nft"}}
}

// environmentChanges are the settings of Calico's programs in which a node of a lab
// differs from the manifest, and why.
func environmentChanges() map[string]string {
	return map[string]string{
		"CALICO_DISABLE_FILE_LOGGING": "services' logs are the supervisor's",
		"CALICO_IPV4POOL_IPIP":        "the mode brings the pools",
		"CALICO_IPV4POOL_VXLAN":       "the mode brings the pools",
		"CALICO_IPV6POOL_VXLAN":       "the mode brings the pools",
		"CALICO_MANAGE_CNI":           "the CNI plugin's token does not expire",
		"FELIX_DATASTORETYPE":         "the service's run script sets it",
		"FELIX_DebugSkipCTLBCleanup":  "a Felix without cgo has no libbpf",
		"FELIX_FELIXHOSTNAME":         "the service's run script sets it",
		"FELIX_IPINIPMTU":             "0, as by default: Felix finds it out",
		"FELIX_IPTABLESBACKEND":       "kube-proxy has to use the same tables",
		"FELIX_LOGSEVERITYSCREEN":     "info, as by default",
		"FELIX_LOGSEVERITYSYS":        "a node has no syslog",
		"FELIX_MTUIFACEPATTERN":       "by default the management interface would count",
		"FELIX_USAGEREPORTINGENABLED": "no lab sends anything outside",
		"FELIX_VXLANMTU":              "0, as by default: Felix finds it out",
		"FELIX_WIREGUARDMTU":          "0, as by default: Felix finds it out",
		"IP":                          "the node's address in the fabric, given and not found out",
		"IP6":                         "labs have no IPv6",
		"KUBECONFIG":                  "programs have no service account in a file of its own",
		"NODENAME":                    "the manifest has it from a field of the pod",
		"NO_DEFAULT_POOLS":            "the mode brings the pools",
		"WAIT_FOR_DATASTORE":          "Calico starts when the API server is ready",
	}
}

// TestEnvironmentIsTheManifests compares the settings of Calico's programs with those of
// Calico's manifest: what is not the same differs on purpose.
func TestEnvironmentIsTheManifests(t *testing.T) {
	container, config := calicoContainer(t)
	original := map[string]string{}
	for _, e := range container.Env {
		original[e.Name] = e.Value
		if from := e.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
			original[e.Name] = config.Data[from.ConfigMapKeyRef.Key]
		}
	}
	c := leafSpine(t)
	own := map[string]string{}
	for _, e := range c.nodeEnvironment(c.config.Topology.Nodes()[0]) {
		name, value, _ := strings.Cut(e, "=")
		own[name] = value
	}
	for of, environment := range map[string]map[string]string{"a node": own, "the manifest": original} {
		if err := oracle.CheckEnvironment(environment); err != nil {
			t.Errorf("%s: %v", of, err)
		}
	}
	changes := environmentChanges()
	for _, name := range slices.Sorted(maps.Keys(joined(own, original))) {
		value, set := own[name]
		wanted, expected := original[name]
		_, differs := changes[name]
		if same := set == expected && value == wanted; same == differs {
			t.Errorf("%s: a node has %q (set: %v), the manifest %q (set: %v), and it differs on purpose: %v", name, value, set, wanted, expected, differs)
		}
		delete(changes, name)
	}
	if len(changes) > 0 {
		t.Errorf("neither a node nor the manifest sets %v", slices.Sorted(maps.Keys(changes)))
	}
}

func joined(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// TestCNIConfigurationIsTheManifests compares the network configuration with that of
// Calico's manifest: it lacks the plugin for host ports, and nothing else.
func TestCNIConfigurationIsTheManifests(t *testing.T) {
	_, config := calicoContainer(t)
	c := leafSpine(t)
	host := c.config.Topology.Nodes()[0]
	filled := strings.NewReplacer("__KUBERNETES_NODE_NAME__", host.Name, "__CNI_MTU__", "1500", "__KUBECONFIG_FILEPATH__", cniKubeconfig).
		Replace(config.Data["cni_network_config"])
	var want, got map[string]any
	if err := json.Unmarshal([]byte(filled), &want); err != nil {
		t.Fatal(err)
	}
	text, err := c.cniConfiguration(host)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	plugins := want["plugins"].([]any)
	if last := plugins[len(plugins)-1].(map[string]any); last["type"] != "portmap" {
		t.Fatalf("the manifest's last plugin is %v", last)
	}
	want["plugins"] = plugins[:len(plugins)-1]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestRecordedManifestIsCurrent compares what is recorded with the manifest of the
// version that labs are built from, where its source is on this machine.
func TestRecordedManifestIsCurrent(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join(calicoSource(t), "manifests/calico.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(read(t, "manifest.yaml"), "\n---\n") {
		if !strings.Contains(string(manifest), strings.TrimSpace(document)) {
			t.Errorf("Calico's manifest has another one of %.60q: record it again", document)
		}
	}
}
