package oracle_test

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
)

func TestCheckEnvironment(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"CALICO_ADVERTISE_CLUSTER_IPS", "10.96.0.0/16", "CALICO_ADVERTISE_CLUSTER_IPS=10.96.0.0/16, which is not supported: it goes before serviceClusterIPs (remove it)"},
		{"CALICO_ADVERTISE_CLUSTER_IPS", "", ""},
		{"CALICO_ROUTER_ID", "hash", "CALICO_ROUTER_ID=hash, which is not supported"},
		{"CALICO_NETWORKING_BACKEND", "bird", ""},
		{"CALICO_NETWORKING_BACKEND", "vxlan", "(use bird, or remove it)"},
		{"CALICO_SOMETHING", "1", "CALICO_SOMETHING=1, which is unknown to the oracle"},
		{"IP_AUTODETECTION_METHOD", "first-found", ""},
		{"PATH", "/usr/bin", ""},
		// Felix's, by the name of the field or by that of the parameter.
		{"FELIX_BPFENABLED", "true", "FELIX_BPFENABLED=true, which is not supported: the eBPF data plane"},
		{"FELIX_BPFEnabled", "False", ""},
		{"FELIX_IPINIPENABLED", "true", "it overrides the pools' ipipMode"},
		{"FELIX_PROGRAMCLUSTERROUTES", "Disabled", "which goes before the FelixConfiguration: set it there"},
		{"FELIX_DEFAULTENDPOINTTOHOSTACTION", "ACCEPT", ""},
		{"FELIX_LOGSEVERITYSCREEN", "debug", ""},
		{"FELIX_KEEPALIVE", "1", "FELIX_KEEPALIVE=1, which is unknown"},
	} {
		err := oracle.CheckEnvironment(map[string]string{c.name: c.value})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: got %v, want %q", c.name, c.value, err, c.want)
		}
	}
}
