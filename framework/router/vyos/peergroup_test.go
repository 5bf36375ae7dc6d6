package vyos

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
)

// grouped is a top-of-rack switch whose nodes are members of a peer-group that is
// written behind them. The tests spoil it by replacing a piece of it.
const grouped = `interfaces {
    ethernet eth3 {
        address 10.30.40.1/24
    }
}
protocols {
    bgp {
        neighbor 10.30.40.10 {
            description node0
            peer-group NODES
        }
        neighbor 10.30.40.11 {
            address-family {
                ipv4-unicast {
                    nexthop-self
                }
            }
            password own
            peer-group NODES
            ttl-security {
                hops 2
            }
        }
        parameters {
            bestpath {
                as-path {
                    multipath-relax
                }
            }
            network-import-check
            router-id 10.30.255.1
        }
        peer-group NODES {
            address-family {
                ipv4-unicast {
                    route-reflector-client
                    soft-reconfiguration {
                        inbound
                    }
                }
            }
            description "the cluster's nodes"
            password secret
            remote-as internal
            timers {
                connect 5
            }
            ttl-security {
                hops 1
            }
            update-source eth3
        }
        system-as 64520
    }
}
`

func TestPeerGroups(t *testing.T) {
	got, err := Read("tor0.boot", []byte(grouped))
	if err != nil {
		t.Fatal(err)
	}
	local := netip.MustParseAddr("10.30.40.1")
	want := fabric.Router{
		Software: Software, AS: 64520, RouterID: netip.MustParseAddr("10.30.255.1"),
		Neighbors: []fabric.Neighbor{
			{Host: "node0", Address: netip.MustParseAddr("10.30.40.10"), Local: local, AS: 64520, ReflectorClient: true, Password: "secret", TTLSecurity: 1},
			{Address: netip.MustParseAddr("10.30.40.11"), Local: local, AS: 64520, ReflectorClient: true, NextHopSelf: true, Password: "own", TTLSecurity: 2},
		},
	}
	if !reflect.DeepEqual(got.Router, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got.Router, want)
	}
	// The group's line is remarked on once, however many members it has.
	remarks := got.Remarks()
	if len(remarks) != 1 || !strings.HasPrefix(remarks[0], "tor0.boot:46: protocols bgp peer-group NODES timers connect 5 is left out") {
		t.Errorf("remarks %q", remarks)
	}
}

func TestPeerGroupsThatAreRefused(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"missing group", "peer-group NODES {", "peer-group OTHERS {",
			"tor0.boot:10: protocols bgp neighbor 10.30.40.10: there is no peer-group NODES\ntor0.boot:19: protocols bgp neighbor 10.30.40.11: there is no peer-group NODES"},
		{"neither has an AS number", "            remote-as internal\n", "",
			"tor0.boot:8: neighbor 10.30.40.10 has no remote-as, and its peer-group NODES has none: add it to one of them\ntor0.boot:12: neighbor 10.30.40.11 has no remote-as"},
		{"both have one", "            description node0\n", "            remote-as 64520\n",
			"tor0.boot:9: protocols bgp neighbor 10.30.40.10 remote-as: its peer-group NODES has a remote-as (line 44)"},
		{"what nothing is known of, once", "            password secret\n", "            ebgp-multihop 2\n",
			"tor0.boot:43: unknown statement protocols bgp peer-group NODES ebgp-multihop"},
		{"deep inside the group", "                    route-reflector-client\n", "                    as-override\n",
			"tor0.boot:36: unknown statement protocols bgp peer-group NODES address-family ipv4-unicast as-override"},
		{"a source elsewhere", "update-source eth3", "update-source lo",
			"tor0.boot:51: update-source lo for neighbor 10.30.40.10: routers of labs speak from their address on the neighbor's link; remove it, or use eth3\ntor0.boot:51: update-source lo for neighbor 10.30.40.11"},
		{"neighbors without names", "        system-as", "        listen {\n            range 10.30.40.0/24 {\n                peer-group NODES\n            }\n        }\n        system-as",
			"tor0.boot:53: protocols bgp listen takes neighbors that the file does not name"},
		{"no name", "peer-group NODES {", "peer-group {", "tor0.boot:10: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(grouped, tt.old) {
				t.Fatalf("%q is not in the file", tt.old)
			}
			_, err := Read("tor0.boot", []byte(strings.Replace(grouped, tt.old, tt.new, 1)))
			if err == nil {
				t.Fatal("accepted")
			}
			got, want := strings.Split(err.Error(), "\n"), strings.Split(tt.want, "\n")
			for i := range want {
				if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
					t.Fatalf("got\n%v\nwant\n%s", err, tt.want)
				}
			}
			if tt.name != "no name" && len(got) != len(want) {
				t.Errorf("more lines than wanted:\n%v", err)
			}
		})
	}
}

func TestAPeerGroupWithoutMembers(t *testing.T) {
	file := settings("peer-group SPINES {\n remote-as 500\n unheard-of\n }", "", "")
	got, err := Read("x.boot", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if remarks := strings.Join(got.Remarks(), "\n"); !strings.Contains(remarks, "x.boot:3: protocols bgp peer-group SPINES is left out: no neighbor is a member of it") {
		t.Errorf("remarks %s", remarks)
	}
}
