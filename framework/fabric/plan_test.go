package fabric

import (
	"fmt"
	"strings"
	"testing"

	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// twoRacks has two leaves under one spine. Node0 is also on the other rack's
// bridge, and has its node IP, its first address, in its own.
const twoRacks = `name: two-racks
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: spine0, role: spine, as: 500}
  - {name: leaf0, role: leaf, rack: rack0, as: 65005, routerID: 10.1.5.1}
  - {name: leaf1, role: leaf, rack: rack1, as: 65008, routerID: 10.1.8.1}
  - {name: node0, role: node, rack: rack0, as: 65005, management: 172.30.0.10}
  - {name: node1, role: node, rack: rack1, as: 65008, management: 172.30.0.11}
  - {name: client, role: client}
links:
  - name: leaf0-spine0
    prefix: 10.1.10.0/24
    ends:
      - {host: leaf0, interface: eth1, address: 10.1.10.1}
      - {host: spine0, interface: eth1, address: 10.1.10.2}
  - name: leaf1-spine0
    prefix: 10.1.34.0/24
    ends:
      - {host: leaf1, interface: eth1, address: 10.1.34.1}
      - {host: spine0, interface: eth2, address: 10.1.34.2}
  - name: br-leaf0
    bridge: true
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
      - {host: node0, interface: net0, address: 10.1.5.10}
  - name: br-leaf1
    bridge: true
    prefix: 10.1.8.0/24
    ends:
      - {host: leaf1, interface: eth3, address: 10.1.8.1}
      - {host: node1, interface: net0, address: 10.1.8.10}
      - {host: node0, interface: net1, address: 10.1.8.99}
  - name: spine0-client
    prefix: 10.1.100.0/24
    ends:
      - {host: spine0, interface: eth3, address: 10.1.100.2}
      - {host: client, interface: eth1, address: 10.1.100.10}
`

func load(t *testing.T, data string) *topology.Topology {
	t.Helper()
	top, err := topology.Load("two-racks.yaml", []byte(data), []topology.Software{topology.DefaultSoftware})
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// node is a Calico Node resource with an AS number.
func node(name string, as numorstring.ASNumber) calico.Node {
	return calico.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       calico.NodeSpec{BGP: &calico.NodeBGPSpec{ASNumber: &as}},
	}
}

func mode(peering calico.NodePeering, nodes ...calico.Node) *calico.Mode {
	return &calico.Mode{Name: "test", LeafToNode: peering, Resources: calico.Resources{Nodes: nodes}}
}

// describe writes a plan in few words, a line for each router and neighbour.
func describe(routers []Router) string {
	var b strings.Builder
	for _, r := range routers {
		fmt.Fprintf(&b, "%s AS %d id %s networks %v\n", r.Host, r.AS, r.RouterID, r.Networks)
		for _, n := range r.Neighbors {
			fmt.Fprintf(&b, "  %s %s AS %d", n.Host, n.Address, n.AS)
			if n.ReflectorClient {
				b.WriteString(" client")
			}
			if n.NextHopSelf {
				b.WriteString(" self")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name string
		mode *calico.Mode
		want string
	}{
		{
			name: "leaves take no part",
			mode: mode(calico.NoPeering),
			want: `spine0 AS 500 id 10.1.10.2 networks [10.1.10.0/24 10.1.34.0/24 10.1.100.0/24]
  leaf0 10.1.10.1 AS 65005
  leaf1 10.1.34.1 AS 65008
leaf0 AS 65005 id 10.1.5.1 networks [10.1.10.0/24 10.1.5.0/24]
  spine0 10.1.10.2 AS 500
leaf1 AS 65008 id 10.1.8.1 networks [10.1.34.0/24 10.1.8.0/24]
  spine0 10.1.34.2 AS 500
`,
		},
		{
			name: "leaves reflect for the nodes of their rack",
			mode: mode(calico.Reflector, node("node0", 65005), node("node1", 65008)),
			want: `spine0 AS 500 id 10.1.10.2 networks [10.1.10.0/24 10.1.34.0/24 10.1.100.0/24]
  leaf0 10.1.10.1 AS 65005
  leaf1 10.1.34.1 AS 65008
leaf0 AS 65005 id 10.1.5.1 networks [10.1.10.0/24 10.1.5.0/24]
  spine0 10.1.10.2 AS 500
  node0 10.1.5.10 AS 65005 client self
leaf1 AS 65008 id 10.1.8.1 networks [10.1.34.0/24 10.1.8.0/24]
  spine0 10.1.34.2 AS 500
  node1 10.1.8.10 AS 65008 client self
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			routers, err := Plan(load(t, twoRacks), tt.mode)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(routers); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestPlanLeavesOutRoutersWithoutNeighbors(t *testing.T) {
	const oneRack = `name: one-rack
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: leaf0, role: leaf, rack: rack0, as: 65005}
  - {name: node0, role: node, rack: rack0, as: 65005, management: 172.30.0.10}
links:
  - name: br-leaf0
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
      - {host: node0, interface: net0, address: 10.1.5.10}
`
	routers, err := Plan(load(t, oneRack), mode(calico.NoPeering))
	if err != nil || len(routers) != 0 {
		t.Errorf("got %v, %v, want nothing to run", routers, err)
	}
	routers, err = Plan(load(t, oneRack), mode(calico.Reflector, node("node0", 65005)))
	if err != nil || len(routers) != 1 || len(routers[0].Neighbors) != 1 {
		t.Errorf("got %v, %v, want the leaf with its node", routers, err)
	}
}

// The plan has each statement that a topology gives a router on purpose, at the neighbours
// that it names alone.
func TestPlanOnPurpose(t *testing.T) {
	top := load(t, strings.Replace(twoRacks, "as: 65005, routerID: 10.1.5.1}", "as: 65005, routerID: 10.1.5.1, defaultOriginate: [node0], gracefulShutdown: true}", 1))
	routers, err := Plan(top, mode(calico.Peer))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routers {
		if r.GracefulShutdown != (r.Host == "leaf0") {
			t.Errorf("%s: graceful shutdown %t", r.Host, r.GracefulShutdown)
		}
		for _, n := range r.Neighbors {
			if n.DefaultOriginate != (r.Host == "leaf0" && n.Host == "node0") {
				t.Errorf("%s originates a default route for %s: %t", r.Host, n.Host, n.DefaultOriginate)
			}
		}
	}
}

func TestPlanRejects(t *testing.T) {
	tests := []struct {
		name, old, new string
		mode           *calico.Mode
		want           []string
	}{
		{
			name: "reflector clients in another AS",
			mode: mode(calico.Reflector, node("node0", 65005)),
			want: []string{"mode test: node node1 has AS 64512 and leaf leaf1 has AS 65008", "give the mode a Node node1 with asNumber 65008"},
		},
		{
			name: "a reflector's client with an AS number of its own",
			mode: mode(calico.Reflector, node("node0", 65005), node("node1", 65009)),
			want: []string{"mode test: Node node1: it has AS 65009 and leaf leaf1 has AS 65008"},
		},
		{
			name: "a default route for a node that the leaf does not peer with",
			old:  "as: 65005, routerID: 10.1.5.1}", new: "as: 65005, routerID: 10.1.5.1, defaultOriginate: [node0]}",
			mode: mode(calico.NoPeering),
			want: []string{"two-racks.yaml:7: leaf0 announces a default route to node0, with which it does not peer in mode test: take node0 out of defaultOriginate"},
		},
		{
			name: "leaf and spine in one AS",
			old:  "as: 500", new: "as: 65008",
			mode: mode(calico.NoPeering),
			want: []string{"two-racks.yaml:6: spine0 has AS 65008 and so has its neighbor leaf1", "two-racks.yaml:8: leaf1 has AS 65008 and so has its neighbor spine0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			routers, err := Plan(load(t, strings.Replace(twoRacks, tt.old, tt.new, 1)), tt.mode)
			if err == nil {
				t.Fatalf("got %v", routers)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			}
		})
	}
}
