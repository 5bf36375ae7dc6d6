package kind

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

var update = flag.Bool("update", false, "write the golden files again")

func article(t *testing.T) (*topology.Topology, *calico.Mode) {
	t.Helper()
	loaded, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	return loaded, mode
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("not as in %s (go test -update writes it again); got:\n%s", path, got)
	}
}

func TestContainerNames(t *testing.T) {
	loaded, _ := article(t)
	names, err := containerNames("a", loaded)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"control-plane": "rackproof-a-control-plane", "worker": "rackproof-a-worker", "worker2": "rackproof-a-worker2",
		"worker3": "rackproof-a-worker3", "leaf0": "rackproof-a-leaf0", "client": "rackproof-a-client",
	} {
		if names[host] != want {
			t.Errorf("%s: got %q, want %q", host, names[host], want)
		}
	}
	loaded.Hosts = append(loaded.Hosts, topology.Host{Name: "switches", Role: topology.Client})
	if _, err := containerNames("a", loaded); err == nil || !strings.Contains(err.Error(), "rename the host") {
		t.Errorf("a host with the name of the bridges' container: got %v", err)
	}
}

func TestClusterConfig(t *testing.T) {
	loaded, mode := article(t)
	config, err := clusterConfig(loaded, mode, "node:1", func(node string) string { return "/nodes/" + node })
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "cluster.golden.json", append(got, '\n'))
	// The API server's port is Docker's to choose: kind writes -1 for that.
	if config.Networking.APIServerPort != -1 || config.Nodes[0].Role != "control-plane" || config.Nodes[1].Role != "worker" {
		t.Errorf("got %+v", config)
	}
}

func TestANodesFiles(t *testing.T) {
	loaded, _ := article(t)
	found := map[string]string{}
	for _, file := range nodeFiles(loaded.Nodes()[0]) {
		found[file.name] = string(file.text)
	}
	// systemd-sysctl reads the files in the order of their names, and kind's own is
	// 10-network-security.conf.
	if want := "-net/ipv4/conf/all/rp_filter = 0\n"; !strings.Contains(found["sysctl.conf"], want) {
		t.Errorf("got %q, want %q in it", found["sysctl.conf"], want)
	}
	if want := "show to 10."; !strings.Contains(found["kubelet.conf"], want) {
		t.Errorf("got %q, want %q in it", found["kubelet.conf"], want)
	}
}

func TestKubeletLabels(t *testing.T) {
	got := kubeletLabels(map[string]string{
		"rack": "rack0", "kubernetes.io/hostname": "a", "node.kubernetes.io/x": "y", "example.com/reflector": "true", "empty": "",
	})
	if want := "empty=,example.com/reflector=true,rack=rack0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFabricTopology(t *testing.T) {
	loaded, mode := article(t)
	routers, err := fabric.Plan(loaded, mode)
	if err != nil {
		t.Fatal(err)
	}
	images := Images{Routers: map[topology.Software]string{frr.Name: "frr:1", bird.Name: "bird:1"}, Client: "client:1"}
	got, err := fabricTopology("a", loaded, routers, images)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "fabric.golden.yml", got)

	mixed := loaded.WithSoftware(bird.Name)
	if routers, err = fabric.Plan(mixed, mode); err != nil {
		t.Fatal(err)
	}
	if got, err = fabricTopology("a", mixed, routers, images); err != nil || !strings.Contains(string(got), "image: bird:1") {
		t.Errorf("with BIRD on leaves: got %v\n%s", err, got)
	}
}

func TestManagementPrefixes(t *testing.T) {
	loaded, _ := article(t)
	got := managementPrefixes(loaded)
	if len(got) != managementCandidates || got[0] != loaded.Management.Prefix || got[1] != netip.MustParsePrefix("172.30.1.0/24") {
		t.Errorf("got %v", got)
	}
	loaded.Management.Prefix = netip.MustParsePrefix("10.1.4.0/24")
	got = managementPrefixes(loaded)
	if slices.Contains(got, netip.MustParsePrefix("10.1.5.0/24")) {
		t.Errorf("%v has a link's prefix", got)
	}
}

func TestWithManagement(t *testing.T) {
	loaded, _ := article(t)
	prefix, address := netip.MustParsePrefix("172.30.7.0/24"), netip.MustParseAddr("172.30.7.3")
	changed := withManagement(loaded, prefix, map[string]netip.Addr{"control-plane": address})
	host, _ := changed.Host("control-plane")
	if changed.Management.Prefix != prefix || changed.Management.Control != address || host.Management != address {
		t.Errorf("got %+v, %+v", changed.Management, host)
	}
	if before, _ := loaded.Host("control-plane"); before.Management == address {
		t.Error("the topology that it was made from has changed")
	}
}

// manifest has the parts of Calico's manifest that the adaptation uses.
const manifest = `
kind: ServiceAccount
apiVersion: v1
metadata: {name: calico-node, namespace: kube-system}
---
kind: ConfigMap
apiVersion: v1
metadata: {name: calico-config, namespace: kube-system}
data: {veth_mtu: "0"}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: calico-kube-controllers, namespace: kube-system}
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      initContainers:
        - {name: install-cni, image: cni}
        - {name: ebpf-bootstrap, image: node}
      containers:
        - name: calico-node
          image: node
          livenessProbe: {exec: {command: [a]}}
          readinessProbe: {exec: {command: [b]}}
          env:
            - {name: IP, value: autodetect}
            - {name: CALICO_IPV4POOL_IPIP, value: Always}
            - {name: FELIX_IPV6SUPPORT, value: "false"}
          volumeMounts:
            - {name: bpffs, mountPath: /sys/fs/bpf}
            - {name: var-run-calico, mountPath: /var/run/calico}
      volumes:
        - {name: bpffs, hostPath: {path: /sys/fs/bpf}}
        - {name: var-run-calico, hostPath: {path: /var/run/calico}}
`

func TestAdaptManifest(t *testing.T) {
	loaded, mode := article(t)
	found, err := adaptManifest([]byte(manifest), loaded, mode, netip.MustParseAddrPort("172.30.0.3:6443"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "calico.golden.json", append(got, '\n'))
	without := strings.Replace(manifest, "name: calico-config", "name: other", 1)
	if _, err := adaptManifest([]byte(without), loaded, mode, netip.AddrPort{}); err == nil || !strings.Contains(err.Error(), "v3.31") {
		t.Errorf("a manifest of another make: got %v", err)
	}
}

// TestFindProcess: a process is not another one that has its number later.
func TestFindProcess(t *testing.T) {
	self, err := findProcess("/proc/self")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := findProcess("/proc/self"); err != nil || again != self {
		t.Errorf("the same process is %v, then %v (error %v)", self, again, err)
	}
	if one, err := findProcess("/proc/1"); err != nil || one.began == self.began {
		t.Errorf("process 1 began when this one did (%v, %v; error %v)", one, self, err)
	}
	folder := t.TempDir()
	if _, err := findProcess(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("where no process is: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "stat"), []byte("7 (a) b) S 1 2"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := findProcess(folder); err == nil {
		t.Error("no error for a file that is no process's")
	}
}

func TestReadEnds(t *testing.T) {
	// As calico-node.sh writes them.
	ends, err := readEnds([]byte(`{"time":"2026-11-29T23:27:57Z","status":-1,"signal":11}` + "\n" + `{"time":"2026-11-29T23:27:59Z","status":129,"signal":0}` + "\n"))
	if err != nil || len(ends) != 2 || ends[0].Signal != 11 || ends[0].Time.Second() != 57 || ends[1].Status != felixRestart {
		t.Errorf("got %+v, %v", ends, err)
	}
	if _, err := readEnds([]byte("felix ended\n")); err == nil {
		t.Error("no error for what is no record")
	}
}

func TestStock(t *testing.T) {
	for version, want := range map[string]bool{"1.6.8": true, "v0.3.3+birdv1.6.8": false} {
		if got := stock(version); got != want {
			t.Errorf("BIRD %s: got %v", version, got)
		}
	}
}

func TestFolderOf(t *testing.T) {
	for name, ok := range map[string]bool{
		"leaf-spine-abcde": true, "a": true, "": false, "-a": false, "A": false, "a/b": false, "..": false, strings.Repeat("a", 39): true, strings.Repeat("a", 40): false,
	} {
		if _, err := folderOf(name); (err == nil) != ok {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestLastLines(t *testing.T) {
	for text, want := range map[string]string{"": "", "a\n": "a", "a\nb\nc\n": "b|c", "\n\n": ""} {
		if got := strings.Join(lastLines([]byte(text), 2), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
