package agreement

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// view is a lab of one node, whose block, pod and service have the addresses given.
func view(block, pod, iface, service string) View {
	address := netip.MustParseAddr(pod)
	return View{
		State: oracle.State{
			Nodes: []oracle.Node{{
				Name: "worker", Blocks: []netip.Prefix{netip.MustParsePrefix(block)},
				Workloads: []oracle.Workload{{Address: address, Interface: iface}},
			}},
			Services: []oracle.Service{{Namespace: "default", Name: "web", ClusterIPs: []netip.Addr{netip.MustParseAddr(service)}}},
		},
		Sessions: session.Sessions{"worker": {{Peer: netip.MustParseAddr("10.1.5.1"), Kind: session.Global, LocalAS: 1, PeerAS: 2, State: session.Established}}},
		Tables: route.Tables{
			"worker": {
				{Prefix: netip.MustParsePrefix(block), Kind: route.Blackhole, Origin: route.OriginBIRD},
				{Prefix: netip.PrefixFrom(address, 32), NextHops: []route.NextHop{{Dev: iface}}, Origin: route.OriginBoot},
			},
			"leaf0": {
				{Prefix: netip.MustParsePrefix(service + "/32"), NextHops: hops("10.1.5.10", "10.1.5.11"), Origin: route.OriginBGP},
			},
		},
	}
}

func hops(addresses ...string) []route.NextHop {
	var list []route.NextHop
	for _, a := range addresses {
		list = append(list, route.NextHop{Via: netip.MustParseAddr(a), Dev: "eth3"})
	}
	return list
}

func TestLabsThatAgree(t *testing.T) {
	first, second := view("10.244.1.0/26", "10.244.1.5", "cali1", "10.96.0.7"), view("10.244.9.64/26", "10.244.9.70", "cali2", "10.96.3.4")
	second.Tables["leaf0"][0].NextHops = hops("10.1.5.11", "10.1.5.10")
	second.Sessions["worker"][0].State = session.Established
	if d := Routes(first, second); len(d) > 0 {
		t.Errorf("routes differ:\n%s", d)
	}
	if d := Sessions(first, second); len(d) > 0 {
		t.Errorf("sessions differ:\n%s", d)
	}
}

func TestLabsThatDiffer(t *testing.T) {
	other := func(change func(*View)) View {
		v := view("10.244.9.64/26", "10.244.9.70", "cali2", "10.96.3.4")
		change(&v)
		return v
	}
	cases := []struct {
		name   string
		second View
		want   []string
	}{
		{"a route is missing", other(func(v *View) { v.Tables["worker"] = v.Tables["worker"][:1] }),
			[]string{"worker:", "- missing     pod0-of-worker dev interface-of-pod0-of-worker proto boot"}},
		{"a route has another owner", other(func(v *View) { v.Tables["worker"][0].Origin = route.OriginFelix }),
			[]string{"- missing     blackhole block0-of-worker proto bird", "+ unexpected  blackhole block0-of-worker proto 80"}},
		{"a route is there twice", other(func(v *View) { v.Tables["worker"] = append(v.Tables["worker"], v.Tables["worker"][0]) }),
			[]string{"+ unexpected  blackhole block0-of-worker"}},
		{"a next hop is another", other(func(v *View) { v.Tables["leaf0"][0].NextHops = hops("10.1.5.11") }),
			[]string{"leaf0:", "cluster-ip0-of-service0"}},
		{"a host is there in one alone", other(func(v *View) { v.Tables["spine0"] = v.Tables["leaf0"] }),
			[]string{"spine0:", "+ unexpected"}},
		{"a pod's address that is not the node's block", other(func(v *View) { v.State.Nodes[0].Name = "worker2" }),
			[]string{"block0-of-worker2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := Routes(view("10.244.1.0/26", "10.244.1.5", "cali1", "10.96.0.7"), c.second).String()
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("got:\n%s\nwant %q", text, want)
				}
			}
		})
	}
	changed := other(func(v *View) { v.Sessions["worker"][0].State = session.Active })
	if text := Sessions(view("10.244.1.0/26", "10.244.1.5", "cali1", "10.96.0.7"), changed).String(); !strings.Contains(text, "Established") || !strings.Contains(text, "Down") {
		t.Errorf("sessions: got:\n%s", text)
	}
}
