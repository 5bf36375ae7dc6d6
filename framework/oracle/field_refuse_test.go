package oracle_test

import (
	"reflect"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/oracle"
)

// accepts compares whether a state is accepted, and what the error says, with what is
// wanted; empty for no error.
func accepts(t *testing.T, name string, state oracle.State, want string) {
	t.Helper()
	_, err := state.Tables()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
}

func TestBGPConfigurationOfOneNode(t *testing.T) {
	for name, c := range map[string]struct {
		spec v3.BGPConfigurationSpec
		want string
	}{
		"its communities":        {v3.BGPConfigurationSpec{PrefixAdvertisements: []v3.PrefixAdvertisement{{CIDR: "10.244.0.0/16", Communities: []string{"65000:1"}}}}, ""},
		"its log":                {v3.BGPConfigurationSpec{LogSeverityScreen: "Debug"}, ""},
		"the API's default":      {v3.BGPConfigurationSpec{ServiceLoadBalancerAggregation: new(v3.ServiceLoadBalancerAggregationEnabled)}, ""},
		"another than that":      {v3.BGPConfigurationSpec{ServiceLoadBalancerAggregation: new(v3.ServiceLoadBalancerAggregationDisabled)}, "node.worker: serviceLoadBalancerAggregation is not supported: Calico reads it in the BGPConfiguration named default alone (use Enabled, or remove it)"},
		"what is of effect once": {v3.BGPConfigurationSpec{ASNumber: new(asNumber(64513))}, "node.worker: asNumber is not supported"},
		"a list":                 {v3.BGPConfigurationSpec{ServiceClusterIPs: []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.0/16"}}}, "node.worker: serviceClusterIPs is not supported"},
		"an empty list":          {v3.BGPConfigurationSpec{ServiceClusterIPs: []v3.ServiceClusterIPBlock{}}, ""},
	} {
		state := cluster(t, "single-rack", "fullmesh")
		one := nodeConfiguration("worker")
		one.Spec = c.spec
		state.Resources.BGPConfigurations = append(state.Resources.BGPConfigurations, one)
		accepts(t, name, state, c.want)
	}
}

// The owner of routes is the same on all nodes.
func TestFelixConfigurationOfOneNode(t *testing.T) {
	for _, c := range []struct{ mode, value, want string }{
		{"fullmesh", "Disabled", ""},
		{"fullmesh", "Enabled", "node.worker: programClusterRoutes is not supported: the owner of routes is the same on all nodes: set it in the FelixConfiguration named default (use Disabled, or remove it)"},
		{"ipip", "Enabled", ""},
		{"ipip", "Disabled", "(use Enabled, or remove it)"},
	} {
		state := cluster(t, "single-rack", c.mode)
		state.Resources.FelixConfigurations = append(state.Resources.FelixConfigurations, v3.FelixConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "node.worker"}, Spec: v3.FelixConfigurationSpec{ProgramClusterRoutes: &c.value},
		})
		accepts(t, c.mode+" with "+c.value, state, c.want)
	}
}

// Felix reads annotations of its configuration too.
func TestAnnotationsOfFelixConfiguration(t *testing.T) {
	for annotation, want := range map[[2]string]string{
		{"owner", "me"}: "",
		{"config.projectcalico.org/IPForwarding", "Disabled"}:                                                  "annotation config.projectcalico.org/IPForwarding",
		{"projectcalico.org/metadata", `{"annotations":{"config.projectcalico.org/BPFEnabled":"true"}}`}:       "which goes before the spec",
		{"projectcalico.org/metadata", `{"annotations":{"owner":"config.projectcalico.org"},"creation":null}`}: "",
	} {
		state := cluster(t, "single-rack", "fullmesh")
		state.Resources.FelixConfigurations = []v3.FelixConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "default", Annotations: map[string]string{annotation[0]: annotation[1]}}}}
		accepts(t, annotation[0], state, want)
	}
}

// Upper and lower case count as the same.
func TestValuesThatPass(t *testing.T) {
	for value, want := range map[string]string{"Drop": "", "DROP": "", "Reject": "serviceLoopPrevention is not supported"} {
		state := cluster(t, "single-rack", "fullmesh")
		state.Resources.FelixConfigurations = []v3.FelixConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v3.FelixConfigurationSpec{ServiceLoopPrevention: value}}}
		accepts(t, value, state, want)
	}
}

// confd writes no condition about the prefix for a rule without cidr.
func TestRuleWithoutPrefixIsAboutEveryPrefix(t *testing.T) {
	plain := expectationOf(externalLeaf(t, exportFilter("f", v3.BGPFilterRuleV4{Action: v3.Reject})))
	for name, r := range map[string]v3.BGPFilterRuleV4{
		"lengths":     ofLength(v3.BGPFilterRuleV4{Action: v3.Reject}, 32, 32),
		"an operator": {Action: v3.Reject, MatchOperator: v3.NotIn},
	} {
		if got := expectationOf(externalLeaf(t, exportFilter("f", r))); got.err != "" || !reflect.DeepEqual(got, plain) {
			t.Errorf("%s beside no cidr: got %v, want %v", name, got, plain)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for text, want := range map[string]string{
		"v3.31.0": "", "v3.31.7": "",
		"v3.30.3": "the cluster runs Calico v3.30.3, and the oracle has the rules of v3.31 alone",
		"v3.32.0": "runs Calico v3.32.0", "master": "not a version of Calico",
	} {
		if err := oracle.CheckVersion(text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
