package suite

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/oracle"
)

// A shape is that of the rules at work: other addresses are no other shape, another
// resource, label, kind of service or cut link is.
func TestShapeOf(t *testing.T) {
	top, err := fixtures.Topology("two-racks")
	if err != nil {
		t.Fatal(err)
	}
	shape := func(change func(*oracle.State)) string {
		s := oracle.State{
			Topology: top, CutLinks: map[string]bool{},
			Nodes:    []oracle.Node{{Name: "worker", Labels: map[string]string{"rack": "rack0"}, Blocks: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/26")}}},
			Services: []oracle.Service{{Namespace: "default", Name: "a", Type: corev1.ServiceTypeNodePort, ClusterIPs: []netip.Addr{netip.MustParseAddr("10.96.0.7")}}},
		}
		change(&s)
		text, err := shapeOf(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := shape(func(*oracle.State) {})
	for name, change := range map[string]func(*oracle.State){
		"block":           func(s *oracle.State) { s.Nodes[0].Blocks[0] = netip.MustParsePrefix("10.244.9.0/26") },
		"pod":             func(s *oracle.State) { s.Nodes[0].Workloads = []oracle.Workload{{Interface: "cali1"}} },
		"service's name":  func(s *oracle.State) { s.Services[0].Name = "b" },
		"a service alike": func(s *oracle.State) { s.Services = append(s.Services, s.Services[0]) },
	} {
		if shape(change) != first {
			t.Errorf("%s: another shape", name)
		}
	}
	for name, change := range map[string]func(*oracle.State){
		"a block more": func(s *oracle.State) { s.Nodes[0].Blocks = append(s.Nodes[0].Blocks, s.Nodes[0].Blocks[0]) },
		"label":        func(s *oracle.State) { s.Nodes[0].Labels["rack"] = "rack1" },
		"policy":       func(s *oracle.State) { s.Services[0].Local = true },
		"cut link":     func(s *oracle.State) { s.CutLinks["br-leaf0"] = true },
		"password":     func(s *oracle.State) { s.Passwords = map[string]string{"peer": "secret"} },
	} {
		if shape(change) == first {
			t.Errorf("%s: the same shape", name)
		}
	}
}
