package vyos

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// full is a boot configuration as VyOS 1.4 saves it, with comments, quotes, what is
// skipped, and a trailer. The tests spoil it by replacing a piece of it.
const full = `/* leaf of rack 0 */
interfaces {
    ethernet eth0 {
        address "dhcp"
        hw-id "00:0c:29:ad:a3:58"
    }
    ethernet eth1 {
        address "10.1.10.1/24"
        address "2001:db8::1/64"
        description "to \"spine0\" {not a block}"
        duplex "auto"
        mtu "9000"
        speed "auto"
    }
    /* the rack
       of the nodes */
    ethernet eth3 {
        address '10.1.5.1/24'
        offload {
            gro
        }
    }
    ethernet eth9 {
        address "10.1.99.1/24"
        disable
    }
    loopback lo {
        address "10.1.255.1/32"
    }
}
nat {
    source {
        rule 100 {
            outbound-interface "eth0"
        }
    }
}
protocols {
    bgp {
        address-family {
            ipv4-unicast {
                network 10.1.5.0/24 {
                }
                network 10.1.10.0/24 {
                }
            }
        }
        neighbor 10.1.5.10 {
            address-family {
                ipv4-unicast {
                    nexthop-self {
                    }
                    route-reflector-client
                }
            }
            description "control-plane"
            graceful-restart "restart-helper"
            remote-as "internal"
        }
        neighbor 10.1.10.2 {
            address-family {
                ipv4-unicast {
                }
            }
            description "the first spine"
            password "se\"cr\\et"
            remote-as "500"
            timers {
                connect "5"
            }
            ttl-security {
                hops "1"
            }
        }
        parameters {
            bestpath {
                as-path {
                    multipath-relax
                }
            }
            router-id "10.1.5.1"
        }
        system-as "65005"
        timers {
            holdtime "3"
            keepalive "1"
        }
    }
    static {
        route 0.0.0.0/0 {
            next-hop 172.20.20.1 {
            }
        }
    }
}
service {
    ssh {
    }
}
system {
    host-name "leaf0"
    login {
        user vyos {
            authentication {
                plaintext-password ""
            }
        }
    }
}


// Warning: Do not remove the following line.
// vyos-config-version: "bgp@5:broadcast-relay@1:webproxy@2"
// Release version: 1.4.0
`

func TestRead(t *testing.T) {
	got, err := Read("leaf0.boot", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Interfaces: []Interface{
			{Name: "eth1", Address: netip.MustParsePrefix("10.1.10.1/24"), MTU: 9000},
			{Name: "eth3", Address: netip.MustParsePrefix("10.1.5.1/24"), MTU: 1500},
		},
		Router: fabric.Router{
			Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"),
			Networks: []netip.Prefix{netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24")},
			Neighbors: []fabric.Neighbor{
				{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), Local: netip.MustParseAddr("10.1.5.1"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
				{Address: netip.MustParseAddr("10.1.10.2"), Local: netip.MustParseAddr("10.1.10.1"), AS: 500, Password: `se"cr\et`, TTLSecurity: 1},
			},
		},
	}
	if !reflect.DeepEqual(got.Config, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got.Config, want)
	}
	wanted := []string{
		"leaf0.boot:4: interfaces ethernet eth0 address dhcp is left out",
		"leaf0.boot:9: interfaces ethernet eth1 address 2001:db8::1/64 is left out: labs have no IPv6",
		"leaf0.boot:23: interfaces ethernet eth9 is left out: it is disabled",
		"leaf0.boot:28: interfaces loopback lo address 10.1.255.1/32 is left out",
		"leaf0.boot:33: nat source rule 100 is left out: eth0 is no interface of the fabric, and labs send nothing outside",
		"leaf0.boot:39: parameters network-import-check is not set",
		"leaf0.boot:69: protocols bgp neighbor 10.1.10.2 timers connect 5 is left out: in labs it is 1 s",
		"leaf0.boot:89: protocols static is left out",
	}
	remarks := got.Remarks()
	for i, want := range wanted {
		if i >= len(remarks) || !strings.HasPrefix(remarks[i], want) {
			t.Errorf("remark %d of %q is not %q", i, remarks, want)
		}
	}
	if len(remarks) != len(wanted) {
		t.Errorf("%d remarks, want %d: %q", len(remarks), len(wanted), remarks)
	}
	readBack(t, got.Config)
}

// settings is a router with one neighbour, with one statement more inside each of
// `protocols bgp`, its parameters and the neighbour.
func settings(bgp, parameters, neighbor string) string {
	return fmt.Sprintf(`protocols {
    bgp {
        %s
        neighbor 10.1.10.2 {
            address-family {
                ipv4-unicast
            }
            remote-as 500
            %s
        }
        parameters {
            %s
        }
        system-as 65005
    }
}
`, bgp, neighbor, parameters)
}

func TestReadSettings(t *testing.T) {
	const second = `neighbor 10.1.12.2 {
            address-family {
                ipv4-unicast
            }
            graceful-restart disable
            remote-as 800
        }`
	tests := []struct {
		name string
		file string
		want func(*fabric.Router)
		// remark is part of a remark; empty for none about the setting.
		remark string
	}{
		{"nothing", settings("", "", ""), func(*fabric.Router) {}, "multipath-relax is not set"},
		{"multipath", settings("", "bestpath {\n as-path {\n multipath-relax {\n }\n }\n compare-routerid\n }", ""), func(*fabric.Router) {}, ""},
		{"import check", settings("", "network-import-check", ""), func(*fabric.Router) {}, ""},
		{"restarts forgotten", settings("", "", "graceful-restart disable"), func(r *fabric.Router) { r.ForgetRestarting = true }, ""},
		{"restarts forgotten twice", settings(second, "", "graceful-restart disable"), func(r *fabric.Router) {
			r.ForgetRestarting = true
			r.Neighbors = slices.Insert(r.Neighbors, 0, fabric.Neighbor{Address: netip.MustParseAddr("10.1.12.2"), AS: 800})
		}, ""},
		{"a graceful shutdown", settings("", "graceful-shutdown", ""), func(r *fabric.Router) { r.GracefulShutdown = true }, ""},
		{"a restarting router", settings("", "graceful-restart {\n stalepath-time 300\n }", ""), func(*fabric.Router) {}, "parameters graceful-restart is left out"},
		{"restarting to one neighbor", settings("", "", "graceful-restart enable"), func(*fabric.Router) {}, "neighbor 10.1.10.2 graceful-restart is left out"},
		{"other timers", settings("timers {\n holdtime 180\n }", "", ""), func(*fabric.Router) {}, "timers holdtime 180 is left out: in labs it is 3 s"},
		{"advertisement interval", settings("", "", "advertisement-interval 30"), func(*fabric.Router) {}, "advertisement-interval 30 is left out: in labs it is 0 s"},
		{"a description that names nobody", settings("", "", "description 'Spine 0'"), func(*fabric.Router) {}, ""},
		{"a description that names a host", settings("", "", "description spine0"), func(r *fabric.Router) { r.Neighbors[0].Host = "spine0" }, ""},
		{"a password", settings("", "", "password 'x'"), func(r *fabric.Router) { r.Neighbors[0].Password = "x" }, ""},
		{"TTL security", settings("", "", "ttl-security {\n hops 254\n }"), func(r *fabric.Router) { r.Neighbors[0].TTLSecurity = 254 }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := fabric.Router{Software: frr.Name, AS: 65005, Neighbors: []fabric.Neighbor{{Address: netip.MustParseAddr("10.1.10.2"), AS: 500}}}
			tt.want(&want)
			got, err := Read("x.boot", []byte(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Router, want) {
				t.Errorf("got\n%+v\nwant\n%+v", got.Router, want)
			}
			about := func(remark string) bool { return strings.Contains(remark, tt.remark) }
			if tt.remark != "" && !slices.ContainsFunc(got.Remarks(), about) {
				t.Errorf("remarks %q, want one with %q", got.Remarks(), tt.remark)
			}
		})
	}
}

// A setting that labs have anyway gives no remark.
func TestRemarksGoWithWhatTheyMiss(t *testing.T) {
	file := settings("", "bestpath {\n as-path {\n multipath-relax\n }\n }\n network-import-check", "")
	got, err := Read("x.boot", []byte(file))
	if err != nil || len(got.Remarks()) != 0 {
		t.Errorf("error %v, remarks %q, want none", err, got.Remarks())
	}
}

// here marks the line of a spoiled file that the problem must name.
const here = "// here"

func TestReadRejects(t *testing.T) {
	tests := []struct {
		name string
		// old is the piece of the full file that becomes new.
		old, new string
		// want is part of what the problem at the marked line says.
		want string
	}{
		// Syntax.
		{"block never closed", "service {\n    ssh {\n    }\n}\n", "service { // here\n    ssh {\n    }\n", "the { of service is never closed: add }"},
		{"inner block never closed", full[strings.Index(full, "service {"):], "system { // here\n login {\n }\n", "the { of system is never closed"},
		{"} too many", "service {\n    ssh {\n    }\n}\n", "service {\n    ssh {\n    }\n}\n} // here\n", "this } closes nothing"},
		{"comment never ends", "/* the rack\n       of the nodes */", "/* the rack // here\n", "the comment that begins here never ends"},
		{"quoted value never ends", `'10.1.5.1/24'`, `'10.1.5.1/24 // here`, "the quoted value that begins here never ends: close it by '"},
		{"unknown escape", `"se\"cr\\et"`, `"se\qcret" // here`, `unknown escape "\\q"`},
		{"name in quotes", `mtu "9000"`, `"mtu" "9000" // here`, `a statement begins with "mtu"`},
		{"block without a name", "ssh {\n", "{ // here\n", "a statement begins with {"},
		{"value of two words", `mtu "9000"`, `mtu 90 00 // here`, `"00" follows a value of mtu: put values with blanks into quotes`},
		{"} behind a statement", "gro\n        }", "gro } // here\n", "} on the line of a statement, gro: VyOS wants it on a line of its own"},
		{"blocks in blocks in blocks", "ssh {\n    }", strings.Repeat("a {\n", deepest+1) + strings.Repeat("}\n", deepest+1), "more than 50 blocks"},
		{"block twice", "nat {", "service {\n    ssh {\n    }\n}\nnat {", "service is there twice (line 31)"},
		{"neighbor twice", "neighbor 10.1.10.2 {", "neighbor 10.1.5.10 { // here", "protocols bgp neighbor 10.1.5.10 is there twice (line 48): remove one"},
		{"network twice", "network 10.1.10.0/24 {", "network 10.1.5.0/24 { // here", "network 10.1.5.0/24 is there twice (line 42)"},
		{"value twice", `remote-as "500"`, "remote-as 500\n remote-as 500 // here", "remote-as, with the same value, is there twice (line 67)"},
		{"two values", `remote-as "500"`, "remote-as 500\n remote-as 501 // here", "protocols bgp neighbor 10.1.10.2 remote-as is there twice (line 67)"},

		// Values.
		{"interface address without length", `"10.1.10.1/24"`, `"10.1.10.1" // here`, `"10.1.10.1" is not an address with its prefix length`},
		{"interface address", `"10.1.10.1/24"`, `"10.1.10.256/24" // here`, `"10.1.10.256/24" is not an address`},
		{"network address", `"10.1.10.1/24"`, `"10.1.10.0/24" // here`, "10.1.10.0/24 is the first or the last address of its network"},
		{"broadcast address", `"10.1.10.1/24"`, `"10.1.10.255/24" // here`, "10.1.10.255/24 is the first or the last address of its network"},
		{"loopback address", `"10.1.10.1/24"`, `"127.0.0.1/8" // here`, "127.0.0.1 is no host's address"},
		{"second address", `"2001:db8::1/64"`, `"10.1.11.1/24" // here`, "10.1.11.1/24 is a second IPv4 address (line 8)"},
		{"address without value", `address "10.1.10.1/24"`, "address // here", "interfaces ethernet eth1 address needs one value"},
		{"interfaces in one network", `'10.1.5.1/24'`, `'10.1.10.9/25' // here`, "the network of eth3, 10.1.10.0/25, overlaps that of eth1, 10.1.10.0/24 (line 8)"},
		{"interface name", "ethernet eth3 {", "ethernet net0 { // here", `"net0" is not the name of an Ethernet interface`},
		{"interface without a name", "ethernet eth3 {", "ethernet { // here", "interfaces ethernet has no name"},
		{"MTU", `mtu "9000"`, `mtu "jumbo" // here`, `interfaces ethernet eth1 mtu: "jumbo" is not a number from 68 to 16000`},
		{"router ID", `router-id "10.1.5.1"`, `router-id "10.1.5" // here`, `router-id: "10.1.5" is not an address`},
		{"router ID of zero", `router-id "10.1.5.1"`, `router-id "0.0.0.0" // here`, "0.0.0.0 is no host's address"},
		{"AS", `system-as "65005"`, `system-as "AS65005" // here`, `system-as: "AS65005" is not an AS number: use a number from 1 to 4294967294`},
		{"AS 0", `system-as "65005"`, `system-as "0" // here`, `"0" is not an AS number`},
		{"remote AS", `remote-as "500"`, `remote-as "five" // here`, `remote-as: "five" is not an AS number`},
		{"remote AS unknown", `remote-as "500"`, `remote-as "external" // here`, "external does not say which AS the neighbor is in: write its number"},
		{"neighbor by name", "neighbor 10.1.10.2 {", "neighbor eth1 { // here", `"eth1" is not an address`},
		{"neighbor of IPv6", "neighbor 10.1.10.2 {", "neighbor fd00::2 { // here", "fd00::2 is an IPv6 address"},
		{"neighbor without an address", "neighbor 10.1.10.2 {", "neighbor { // here", "protocols bgp neighbor has no address"},
		{"neighbor is the router", "neighbor 10.1.10.2 {", "neighbor 10.1.10.1 { // here", "neighbor 10.1.10.1 is this router's own address (eth1, line 8)"},
		{"network without a prefix", "network 10.1.10.0/24 {", "network { // here", "ipv4-unicast network has no prefix"},
		{"network without length", "network 10.1.10.0/24 {", "network 10.1.10.0 { // here", `"10.1.10.0" is not a prefix`},
		{"network with host bits", "network 10.1.10.0/24 {", "network 10.1.10.1/24 { // here", "10.1.10.1/24 has bits set beyond its length: write 10.1.10.0/24"},
		{"network of IPv6", "network 10.1.10.0/24 {", "network fd00::/64 { // here", "fd00::/64 is an IPv6 prefix"},
		{"hops", `hops "1"`, `hops "255" // here`, `ttl-security hops: "255" is not a number from 1 to 254`},
		{"password with a blank", `password "se\"cr\\et"`, `password "open sesame" // here`, "password: it has characters other than ASCII's visible ones"},
		{"empty password", `password "se\"cr\\et"`, `password "" // here`, "password: it has 0 characters: use 1 to 80"},
		{"host name", `host-name "leaf0"`, `host-name "Leaf_0" // here`, `"Leaf_0" is not a DNS label`},
		{"restart", `graceful-restart "restart-helper"`, `graceful-restart "maybe" // here`, `"maybe" is unknown: use disable, restart-helper or enable`},
		{"timer", `keepalive "1"`, `keepalive "0" // here`, `timers keepalive: "0" is not a number from 1 to 65535`},
		{"flag with a value", "route-reflector-client\n", "route-reflector-client yes // here\n", "route-reflector-client has a value, and VyOS 1.4 has none there"},
		{"block with a value", "as-path {", "as-path relaxed { // here", "as-path relaxed has a value, and VyOS 1.4 has none there"},
		{"block in place of a value", `remote-as "500"`, "remote-as 500 { // here\n }", "remote-as needs one value and no block"},

		{"NAT in the fabric", "rule 100 {\n            outbound-interface \"eth0\"", "rule 100 { // here\n            outbound-interface \"eth1\"", "nat source rule 100 translates at eth1: routers of labs translate no addresses in the fabric"},
		{"NAT in the fabric, as VyOS 1.4.0 writes it", "rule 100 {\n            outbound-interface \"eth0\"", "rule 100 { // here\n            outbound-interface {\n name eth1\n }", "nat source rule 100 translates at eth1"},
		{"NAT everywhere", "rule 100 {\n            outbound-interface \"eth0\"", "rule 100 { // here", "nat source rule 100 names no interface: routers of labs translate no addresses"},
		{"NAT of another kind", "nat {\n    source {", "nat {\n    cgnat { // here", "unknown statement nat cgnat"},

		// Statements that belong together.
		{"no BGP", full, "interfaces {\n}\n", "protocols bgp is missing"},
		{"VyOS 1.3", "bgp {", "bgp 65005 { // here", "protocols bgp 65005 is the form of VyOS 1.3"},
		{"no system-as", "        system-as \"65005\"\n", "", "protocols bgp has no system-as: add it"},
		{"no remote-as", "neighbor 10.1.10.2 {", "neighbor 10.1.10.3 { // here\n address-family {\n ipv4-unicast\n }\n }\n neighbor 10.1.10.2 {", "neighbor 10.1.10.3 has no remote-as: add it"},
		{"no address family", "neighbor 10.1.10.2 {", "neighbor 10.1.10.3 { // here\n remote-as 7\n }\n neighbor 10.1.10.2 {", "neighbor 10.1.10.3 has no address-family ipv4-unicast"},
		{"client in another AS", `remote-as "internal"`, `remote-as "65006"`, "neighbor 10.1.5.10 of AS 65006 cannot be a route reflector client of AS 65005"},
		{"restarts forgotten at one neighbor", `graceful-restart "restart-helper"`, `graceful-restart "disable" // here`, "routers in labs have it at all neighbors or none"},

		// Unknown statements.
		{"unknown section", "nat {", "robot { // here", "unknown statement robot: a lab cannot do as it says"},
		{"unknown type of interface", "loopback lo {", "bonding bond0 { // here", "interfaces bonding bond0: labs have Ethernet interfaces alone"},
		{"VLAN", "duplex \"auto\"", "vif 10 { // here\n }", "unknown statement interfaces ethernet eth1 vif 10"},
		{"other protocol", "static {", "ospf { // here", "protocols ospf: routers of labs run BGP alone"},
		{"unknown under bgp", "        system-as", "        bmp { // here\n        }\n        system-as", "unknown statement protocols bgp bmp"},
		{"unknown in the address family", "network 10.1.10.0/24 {", "redistribute { // here", "unknown statement protocols bgp address-family ipv4-unicast redistribute"},
		{"other address family", "address-family {\n            ipv4-unicast {", "address-family {\n            ipv6-unicast { // here", "unknown statement protocols bgp address-family ipv6-unicast"},
		{"unknown in a network", "network 10.1.10.0/24 {", "network 10.1.10.0/24 {\n backdoor // here", "unknown statement protocols bgp address-family ipv4-unicast network 10.1.10.0/24 backdoor"},
		{"unknown in a neighbor", `remote-as "500"`, "remote-as 500\n shutdown // here", "unknown statement protocols bgp neighbor 10.1.10.2 shutdown"},
		{"next hop of what is reflected", "nexthop-self {", "nexthop-self {\n force // here", "unknown statement protocols bgp neighbor 10.1.5.10 address-family ipv4-unicast nexthop-self force"},
		{"unknown parameter", `router-id "10.1.5.1"`, "always-compare-med // here", "unknown statement protocols bgp parameters always-compare-med"},
		{"unknown best path", "multipath-relax\n", "ignore // here\n", "unknown statement protocols bgp parameters bestpath as-path ignore"},
		{"name that spoils a message", `router-id "10.1.5.1"`, "a\x1b\x00 // here", `unknown statement protocols bgp parameters "a\x1b\x00"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(full, tt.old) == 0 {
				t.Fatalf("%q is not in the file to be spoiled", tt.old)
			}
			data := strings.Replace(full, tt.old, tt.new, 1)
			boot, err := Read("dir/leaf0.boot", []byte(data))
			if err == nil {
				t.Fatalf("accepted: %+v", boot.Config)
			}
			checkMessages(t, "dir/leaf0.boot", []byte(data), err)
			at := "dir/leaf0.boot:"
			if before, _, marked := strings.Cut(data, here); marked {
				at += fmt.Sprintf("%d: ", 1+strings.Count(before, "\n"))
			}
			problems, _ := errors.AsType[topology.Problems](err)
			if !slices.ContainsFunc(problems, func(p topology.Problem) bool {
				return strings.HasPrefix(p.Error(), at) && strings.Contains(p.Error(), tt.want)
			}) {
				t.Errorf("got\n%v\nwant %s…%s", err, at, tt.want)
			}
		})
	}
}

// checkMessages wants problems in the order of the file's lines, one line each.
func checkMessages(t *testing.T, file string, data []byte, err error) {
	t.Helper()
	problems, ok := errors.AsType[topology.Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("got %v, want Problems", err)
	}
	lines := 1 + strings.Count(string(data), "\n")
	last := 1
	for _, p := range problems {
		if p.File != file || p.Line < last || p.Line > lines || p.Text == "" || strings.ContainsAny(p.Error(), "\n\r\x00\x1b") {
			t.Errorf("problem %q of a file of %d lines", p.Error(), lines)
		}
		last = p.Line
	}
}

func TestReadReportsEveryProblem(t *testing.T) {
	data := strings.NewReplacer(`mtu "9000"`, "mtu 0", `remote-as "500"`, "remote-as x", `system-as "65005"`, "").Replace(full)
	_, err := Read("x.boot", []byte(data))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got\n%v\nwant three lines", err)
	}
}

// A password is in no message.
func TestPasswordsAreNotTold(t *testing.T) {
	for _, spoiled := range []string{
		"password 'sesame open'",
		"password sesame\n password sesame",
		"password sesame\n password sesame2",
		"password sesame {\n }",
	} {
		_, err := Read("x.boot", []byte(settings("", "", spoiled)))
		if err == nil {
			t.Errorf("%q is accepted", spoiled)
			continue
		}
		if strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q is told: %v", spoiled, err)
		}
	}
}

func TestQuotesAndComments(t *testing.T) {
	tests := []struct {
		name, file, want string
	}{
		{"no quotes", "password a/b\\c", `a/b\c`},
		{"single quotes", `password 'a"b'`, `a"b`},
		{"double quotes", `password "a'b"`, `a'b`},
		{"escapes", `password "\"\\\'\/"`, `"\'/`},
		{"braces in quotes", `password "{}"`, `{}`},
		{"a comment's beginning in quotes", `password "/*"`, `/*`},
		{"slashes inside of a word", `password http://x/*`, `http://x/*`},
		{"comment before", "/* one *//* two\n lines */password x", "x"},
		{"comment behind", "password x /* note */", "x"},
		{"line comment behind", "password x // note", "x"},
		{"comment like its own end", "/*/ note */password x", "x"},
		{"carriage returns", "password x\r", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read("x.boot", []byte(settings("", "", tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			if password := got.Router.Neighbors[0].Password; password != tt.want {
				t.Errorf("got %q, want %q", password, tt.want)
			}
		})
	}
}
