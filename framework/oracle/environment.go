package oracle

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
)

// environmentKind stands for calico-node's environment in the lists of fields.
const environmentKind = "calico-node"

// felixPrefix begins the variables that are settings of Felix. They go before the
// FelixConfiguration, and Felix does not distinguish upper from lower case.
const felixPrefix = "felix_"

// Variables are the variables of calico-node's environment that Calico reads, but for
// Felix's (FELIX_…): these are treated as the fields of a FelixConfiguration. The oracle
// computes with none of them.
func Variables() []Field {
	t := table{kind: environmentKind}
	t.refused("it goes before serviceClusterIPs", "CALICO_ADVERTISE_CLUSTER_IPS")
	t.refused("nodes have another BGP identifier than their address", "CALICO_ROUTER_ID")
	t.refusedBut("bird", "no BIRD runs then", "CALICO_NETWORKING_BACKEND")
	t.refusedBut("true", "no BIRD runs then", "CALICO_NETWORKING")
	t.refused("no Felix runs then", "CALICO_DISABLE_FELIX")
	t.refusedBut("kubernetes", "the resources are elsewhere", "DATASTORE_TYPE", "FELIX_DATASTORETYPE")
	t.refusedBut("false", "blocks follow from Kubernetes then, and not from Calico's IPAM", "USE_POD_CIDR")
	t.noEffect("the result is in the Node resource", "IP", "IP_AUTODETECTION_METHOD", "IP6", "IP6_AUTODETECTION_METHOD", "AS", "AUTODETECT_POLL_INTERVAL", "DISABLE_NODE_IP_CHECK")
	t.noEffect("the result is in the IPPools", "NO_DEFAULT_POOLS", "CALICO_IPV4POOL_CIDR", "CALICO_IPV4POOL_BLOCK_SIZE", "CALICO_IPV4POOL_IPIP", "CALICO_IPV4POOL_VXLAN", "CALICO_IPV4POOL_NAT_OUTGOING",
		"CALICO_IPV4POOL_NODE_SELECTOR", "CALICO_IPV4POOL_DISABLE_BGP_EXPORT", "CALICO_IPV6POOL_CIDR", "CALICO_IPV6POOL_BLOCK_SIZE", "CALICO_IPV6POOL_VXLAN", "CALICO_IPV6POOL_NAT_OUTGOING",
		"CALICO_IPV6POOL_NODE_SELECTOR", "CALICO_IPV6POOL_DISABLE_BGP_EXPORT")
	t.noEffect(logReason, "CALICO_DISABLE_FILE_LOGGING", "CALICO_STARTUP_LOGLEVEL", "BGP_LOGSEVERITYSCREEN")
	t.noEffect("names, files and start-up", "CALICO_K8S_NODE_REF", "CALICO_NODENAME_FILE", "CALICO_SHUTDOWN_TIMESTAMP_FILE", "CALICO_ENDPOINT_STATUS_PATH_PREFIX", "CALICO_MANAGE_CNI",
		"CALICO_CNI_SERVICE_ACCOUNT", "FELIX_FELIXHOSTNAME", "FELIX_DEBUGSKIPCTLBCLEANUP")
	t.noEffect("how Felix reaches the datastore", "FELIX_TYPHAADDR", "FELIX_TYPHAK8SSERVICENAME", "FELIX_TYPHAK8SNAMESPACE", "FELIX_TYPHAREADTIMEOUT", "FELIX_TYPHAWRITETIMEOUT",
		"FELIX_TYPHAKEYFILE", "FELIX_TYPHACERTFILE", "FELIX_TYPHACAFILE", "FELIX_TYPHACN", "FELIX_TYPHAURISAN")
	t.refusedBut("0", "it goes before ipipMTU and vxlanMTU of the FelixConfiguration", "FELIX_IPINIPMTU", "FELIX_VXLANMTU")
	t.noEffect("labs have no WireGuard", "FELIX_WIREGUARDMTU")
	return t.fields
}

// CheckEnvironment refuses variables of calico-node's environment by which it does
// something else than its resources say. Variables that are no settings of Calico, by
// their names, pass.
func CheckEnvironment(environment map[string]string) error {
	known := felixVariables()
	for _, f := range Variables() {
		known[strings.ToLower(f.Path)] = f
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		value, key := environment[name], strings.ToLower(name)
		f, ok := known[key]
		switch {
		case value == "" || !ok && !setsCalico(key):
		case !ok:
			problems = append(problems, fmt.Errorf("oracle: calico-node's environment has %s=%s, which is unknown to the oracle: remove it", name, value))
		case f.Treatment == Handled:
			problems = append(problems, fmt.Errorf("oracle: calico-node's environment has %s=%s, which goes before the FelixConfiguration: set it there, and remove the variable", name, value))
		case f.Treatment == Refused && !f.passes(reflect.ValueOf(value)):
			problems = append(problems, fmt.Errorf("oracle: calico-node's environment has %s=%s, which is not supported: %s (%s)", name, value, f.Reason, f.remedy()))
		}
	}
	return errors.Join(problems...)
}

// setsCalico reports whether a variable is a setting of Calico by its name.
func setsCalico(name string) bool {
	return slices.ContainsFunc([]string{felixPrefix, "calico_", "bgp_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// felixVariables are the fields of a FelixConfiguration by the variables that set them. A
// parameter's name is that of the field in Go, or the one that its tag gives it
// (updateprocessors/configurationprocessor.go).
func felixVariables() map[string]Field {
	names := map[string]string{}
	for field := range reflect.TypeFor[v3.FelixConfigurationSpec]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("confignamev1"), ",")
		if name == "" {
			name = field.Name
		}
		names["spec."+jsonName(field)] = felixPrefix + strings.ToLower(name)
	}
	variables := map[string]Field{}
	for _, f := range felixFields() {
		variables[names[f.Path]] = f
	}
	return variables
}
