package cluster

import (
	"encoding/json"

	"github.com/rackproof/rackproof/framework/topology"
)

// maxPodMTU is the largest MTU of pods' interfaces in bytes: what the smallest link
// of any topology carries unencapsulated.
const maxPodMTU = 1500

// cniConfiguration is the network configuration of Calico's manifest, without the
// plugins for host ports and bandwidth, which are not Calico's (calicomanifest_test.go compares the two).
func (c *Cluster) cniConfiguration(host topology.Host) ([]byte, error) {
	if c.isCanal() {
		return c.canalCNI(host)
	}
	return json.Marshal(map[string]any{
		"name":       "k8s-pod-network",
		"cniVersion": "0.3.1",
		"plugins": []map[string]any{{
			"type":           "calico",
			"log_level":      "info",
			"log_file_path":  "/var/log/calico/cni/cni.log",
			"datastore_type": "kubernetes",
			"nodename":       host.Name,
			"mtu":            c.podMTU(host),
			"ipam":           map[string]any{"type": "calico-ipam"},
			"policy":         map[string]any{"type": "k8s"},
			"kubernetes":     map[string]any{"kubeconfig": cniKubeconfig},
		}},
	})
}
