package main

import (
	"encoding/json"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/vtep"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// goodStatus is a lab of one leaf whose spine's address is known.
func goodStatus() labStatus {
	uplink := topology.Interface{Host: "leaf0", Name: "spine0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/31")}, Link: "up"}
	far := topology.Interface{Host: "spine0", Name: "leaf0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/31")}, Link: "up"}
	return labStatus{
		name: "mine", mode: "leafreflector",
		topology: &topology.Topology{
			Name:  "small",
			Hosts: []topology.Host{{Name: "leaf0", Role: topology.Leaf, Rack: "rack0", AS: 65005, Interfaces: []topology.Interface{uplink}}},
			Links: []topology.Link{{Name: "up", Prefixes: topology.Networks{netip.MustParsePrefix("10.0.0.0/31")}, Ends: []topology.Interface{far, uplink}}},
		},
		components: []supervisor.Status{
			{Host: "leaf0", Name: "zebra", State: supervisor.Running},
			{Host: "leaf0", Name: "bgpd", State: supervisor.Running},
		},
		sessions: session.Sessions{"leaf0": {{
			Peer: netip.MustParseAddr("10.0.0.0"), Kind: session.FabricPeer, LocalAS: 65005, PeerAS: 500, State: session.Established,
		}}},
		tables: route.Tables{"leaf0": {
			{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Origin: route.OriginBGP, Metric: 20, NextHops: []route.NextHop{
				{Via: netip.MustParseAddr("10.0.0.0"), Dev: "spine0"}, {Via: netip.MustParseAddr("10.0.0.2"), Dev: "spine1"},
			}},
			{Prefix: netip.MustParsePrefix("10.244.0.0/26"), Kind: route.Blackhole, Origin: route.OriginBIRD},
			{Prefix: netip.MustParsePrefix("10.0.0.0/31"), Origin: route.OriginKernel, NextHops: []route.NextHop{{Dev: "spine0"}}},
		}},
	}
}

func TestStatusText(t *testing.T) {
	var b strings.Builder
	if err := goodStatus().writeText(&b, now); err != nil {
		t.Fatal(err)
	}
	want := `Lab mine (topology small, mode leafreflector): as expected

HOST    COMPONENTS
leaf0   bgpd, zebra

leaf0 (leaf, rack0, AS 65005, 10.0.0.1)
  PEER       HOST     PEER AS   LOCAL AS   KIND     STATE
  10.0.0.0   spine0   500       65005      fabric   Established
  ROUTE           NEXT HOP    INTERFACE   PROTO    METRIC
  default         10.0.0.0    spine0      bgp      20
                  10.0.0.2    spine1
  10.0.0.0/31     -           spine0      kernel   0
  10.244.0.0/26   blackhole   -           bird     0

All sessions and routes are as expected.
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if status := report(io.Discard, goodStatus().exit(), false); status != 0 {
		t.Errorf("the exit status is %d", status)
	}
}

func TestStatusOfSessionsThatCannotBe(t *testing.T) {
	s := goodStatus()
	s.sessions["leaf0"][0].State = session.Active
	var b strings.Builder
	if err := s.writeText(&b, now); err != nil {
		t.Fatal(err)
	}
	if want := "): as expected; 1 ends of sessions are not established"; !strings.Contains(b.String(), want) {
		t.Errorf("the status lacks %q:\n%s", want, b.String())
	}
}

func TestStatusThatIsNotInOrder(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(*labStatus)
		says  string
		// verdict is what the first line says.
		verdict string
	}{
		{"a missing session", func(s *labStatus) {
			s.wrongSessions = diff.Hosts[session.Session]{"leaf0": {Missing: s.sessions["leaf0"]}}
		}, "Sessions that are not as expected:\nleaf0:\n  - missing", "sessions of leaf0"},
		{"an unexpected route", func(s *labStatus) {
			s.wrongRoutes = diff.Hosts[route.Route]{"leaf0": {Unexpected: s.tables["leaf0"][:1]}}
		}, "Routes that are not as expected:\nleaf0:\n  + unexpected", "routes of leaf0"},
		{"a far end without a neighbour", func(s *labStatus) {
			s.wrongVTEPs = diff.Hosts[vtep.VTEP]{"leaf0": {Missing: []vtep.VTEP{{HardwareAddress: "66:54:bd:6c:19:2d"}}}}
		}, "Far ends of the VXLAN that are not as expected:\nleaf0:\n  - missing", "VTEPs of leaf0"},
		{"something foreign", func(s *labStatus) {
			s.foreign = []observe.Finding{{Host: "leaf0", Check: observe.PolicyRules, What: "a rule", Remedy: "ip rule del pref 100"}}
		}, "leaf0: policy-rules: a rule\n  undo it: ip rule del pref 100\n", "foreign settings on leaf0"},
		{"something unknown", func(s *labStatus) {
			s.unknown = []string{"sessions: node0: no BIRD"}
		}, "Not known: sessions: node0: no BIRD\n", "1 things could not be read"},
		{"a dead component", func(s *labStatus) {
			s.components[0].State, s.components[0].Since, s.components[0].Error = supervisor.Dead, now.Add(-time.Minute), "signal: killed"
		}, "Component zebra of leaf0 is dead: signal: killed\n", "dead components on leaf0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := goodStatus()
			c.spoil(&s)
			var b strings.Builder
			if err := s.writeText(&b, now); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), c.says) || !strings.HasSuffix(b.String(), "\nThe lab is not as expected.\n") {
				t.Errorf("the status lacks %q, or the verdict at its end:\n%s", c.says, b.String())
			}
			if status := report(io.Discard, s.exit(), false); status != exitFailure {
				t.Errorf("the exit status is %d", status)
			}
			first, _, _ := strings.Cut(b.String(), "\n")
			if want := "Lab mine (topology small, mode leafreflector): NOT AS EXPECTED: " + c.verdict; first != want {
				t.Errorf("the first line is %q, want %q", first, want)
			}
			if s.forScripts().Agrees {
				t.Error("for scripts it agrees")
			}
		})
	}
}

func TestStatusForScripts(t *testing.T) {
	data, err := json.Marshal(goodStatus().forScripts())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"agrees":true`,
		`"peer":"10.0.0.0","peerHost":"spine0","peerAS":500,"localAS":65005,"kind":"fabric","state":"Established"`,
		`"prefix":"0.0.0.0/0","kind":"unicast","nextHops":[{"via":"10.0.0.0","dev":"spine0"},{"via":"10.0.0.2","dev":"spine1"}],"proto":"bgp","metric":20`,
		`"prefix":"10.244.0.0/26","kind":"blackhole","nextHops":[]`,
	} {
		if !strings.Contains(string(data), part) {
			t.Errorf("%s lacks %s", data, part)
		}
	}
	empty, err := json.Marshal(labStatus{topology: goodStatus().topology}.forScripts())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(empty), "null") {
		t.Errorf("a list without entries is null: %s", empty)
	}
}
