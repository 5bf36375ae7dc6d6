package oracle_test

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/vtep"
)

// The hardware addresses are those of a lab.
func TestVTEPs(t *testing.T) {
	const (
		controlPlane = "10.244.10.0 at 66:a2:3e:62:72:a8 by 10.1.5.10"
		worker       = "10.244.11.0 at 66:10:f5:eb:e6:ac by 10.1.5.11"
		worker2      = "10.244.12.0 at 66:54:bd:6c:19:2d by 10.1.8.10"
	)
	all := map[string][]string{
		"control-plane": {worker, worker2}, "worker": {controlPlane, worker2}, "worker2": {controlPlane, worker},
	}
	gone := map[string][]string{"control-plane": all["control-plane"], "worker": all["worker"]}
	for _, test := range []struct {
		name, mode string
		gone       string
		want       map[string][]string
	}{
		{"between all nodes", "vxlan", "", all},
		{"between subnets", "vxlancrosssubnet", "", all},
		{"a node that is gone", "vxlan", "worker2", gone},
		{"IPIP", "crosssubnet", "", nil},
		{"no encapsulation", "fullmesh", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			state := cluster(t, "two-racks", test.mode)
			for i := range state.Nodes {
				state.Nodes[i].Gone = state.Nodes[i].Name == test.gone
			}
			got, err := state.VTEPs()
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(test.want) {
				t.Errorf("tables of %d nodes, not of %d", len(got), len(test.want))
			}
			for node, want := range test.want {
				if text := describe(got[node]); text != strings.Join(want, "\n") {
					t.Errorf("%s: got\n%s\nwant\n%s", node, text, strings.Join(want, "\n"))
				}
			}
		})
	}
}

func describe(table []vtep.VTEP) string {
	var lines []string
	for _, v := range table {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}
