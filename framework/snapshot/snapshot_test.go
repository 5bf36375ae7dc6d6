package snapshot_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/oracle/random"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/snapshot"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/vtep"
)

// design is the state of a mode on a topology, with a block and a pod on each node.
func design(t *testing.T, topologyName, modeName string) oracle.State {
	t.Helper()
	top, err := fixtures.Topology(topologyName)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode(modeName)
	if err != nil {
		t.Fatal(err)
	}
	routers, err := fabric.Plan(top, mode)
	if err != nil {
		t.Fatal(err)
	}
	s := oracle.State{Topology: top, Resources: mode.Resources, Routers: routers, Software: drivers.Software()}
	octets := top.Pods.First().Addr().As4()
	for i, host := range top.Nodes() {
		octets[2] = byte(10 + i)
		block := netip.PrefixFrom(netip.AddrFrom4(octets), 26)
		s.Nodes = append(s.Nodes, oracle.Node{
			Name: host.Name, Labels: mode.Resources.NodeLabels(host), Blocks: []netip.Prefix{block},
			Workloads: []oracle.Workload{{Address: block.Addr().Next(), Interface: "cali-" + host.Name}},
		})
	}
	random.Allot(s)
	return s
}

// A record that is written and read again is the same, whatever the state is, and the
// oracle makes the same of it.
func TestRecordIsKept(t *testing.T) {
	for seed := range uint64(100) {
		state := design(t, "two-racks", []string{"vxlan", "noencapreflector"}[seed%2])
		for _, change := range random.Changes(seed, random.Anything) {
			change.Apply(&state)
		}
		expected, err := snapshot.Expected(state)
		if err != nil {
			continue
		}
		record := snapshot.Record{Source: "MESH-001", Mode: "a", Calico: "v3.31.0", State: state, Seen: expected.Lines()}
		text, err := record.Encode()
		if err != nil {
			t.Fatal(err)
		}
		read, err := snapshot.Decode("one.yaml", text, fixtures.Topology, drivers.Software())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if difference, err := read.Difference(); err != nil || difference != "" {
			t.Fatalf("seed %d: error %v, difference\n%s\n%s", seed, err, difference, text)
		}
		again, err := read.Encode()
		if err != nil || string(again) != string(text) {
			t.Fatalf("seed %d: error %v, and written again it is\n%s\nand not\n%s", seed, err, again, text)
		}
		if read.Source != record.Source || read.Mode != record.Mode || read.Calico != record.Calico {
			t.Errorf("got %s %s %s", read.Source, read.Mode, read.Calico)
		}
	}
}

func TestRecordThatDiffers(t *testing.T) {
	state := design(t, "two-racks", "vxlan")
	expected, err := snapshot.Expected(state)
	if err != nil {
		t.Fatal(err)
	}
	seen := expected.Lines()
	lost := seen["routes"]["leaf0"][0]
	seen["routes"]["leaf0"] = append(seen["routes"]["leaf0"][1:], "10.9.9.0/24 dev eth0 proto boot")
	difference, err := snapshot.Record{State: state, Seen: seen}.Difference()
	want := "routes of leaf0: - " + lost + "\nroutes of leaf0: + 10.9.9.0/24 dev eth0 proto boot\n"
	if err != nil || difference != want {
		t.Errorf("error %v, difference\n%swant\n%s", err, difference, want)
	}
}

// A record has the preferences of its paths, and differs in them alone.
func TestRecordedPreferences(t *testing.T) {
	state := design(t, "two-racks", "noencapreflector")
	expected, err := snapshot.Expected(state)
	if err != nil {
		t.Fatal(err)
	}
	p := &expected.Paths["leaf0"][0]
	p.LocalPref, p.MED = 7, path.MED{Value: 5, Present: true}
	seen := expected.Lines()
	difference, err := snapshot.Record{State: state, Seen: seen}.Difference()
	if lines := strings.Count(difference, "\n"); err != nil || lines != 2 || !strings.Contains(difference, fmt.Sprintf("preferences of leaf0: + %s from %s next hop %s local preference 7, MED 5\n", p.Prefix, p.Peer, p.NextHop)) {
		t.Errorf("error %v, difference\n%s", err, difference)
	}
}

func TestDecodeRefuses(t *testing.T) {
	find := func(name string) (*topology.Topology, error) { return fixtures.Topology(name) }
	for _, c := range []struct{ text, want string }{
		{"Topology: two-racks\nState: {Nodess: []}\n", `one.yaml:2: unknown field "State.Nodess"`},
		{"Topology: nowhere\n", `one.yaml: unknown topology "nowhere"`},
		{"a: 1\n---\nb: 1\n", "one.yaml: read a record: the file has 2 documents"},
	} {
		if _, err := snapshot.Decode("one.yaml", []byte(c.text), find, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got error %v, want %q", c.text, err, c.want)
		}
	}
}

// Lines stand for rows in a record: rows that differ must have different lines.
func TestLinesShowEveryField(t *testing.T) {
	everyField(t, route.Route{Prefix: netip.MustParsePrefix("10.1.0.0/16"), NextHops: []route.NextHop{{}}})
	everyField(t, session.Session{})
	everyField(t, path.Path{OriginatorID: netip.MustParseAddr("10.0.0.1"), MED: path.MED{Present: true}})
	everyField(t, vtep.VTEP{Tunnel: netip.MustParseAddr("10.0.0.1"), Node: netip.MustParseAddr("10.0.0.2")})
}

// everyField changes each field of a row, also of structures within, and wants another line.
func everyField(t *testing.T, row interface{ String() string }) {
	t.Helper()
	changed := reflect.New(reflect.TypeOf(row)).Elem()
	var visit func(v reflect.Value, name string)
	visit = func(v reflect.Value, name string) {
		before := reflect.ValueOf(v.Interface())
		switch at := v.Interface().(type) {
		case netip.Addr:
			v.Set(reflect.ValueOf(netip.MustParseAddr("192.0.2.1")))
		case netip.Prefix:
			v.Set(reflect.ValueOf(netip.MustParsePrefix("192.0.2.0/24")))
		default:
			switch v.Kind() {
			case reflect.String:
				v.SetString("other")
			case reflect.Bool:
				v.SetBool(!v.Bool())
			case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
				v.SetUint(v.Uint() + 1)
			case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
				v.SetInt(v.Int() + 1)
			case reflect.Slice:
				if v.Len() > 0 && v.Index(0).Kind() == reflect.Struct {
					v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, 1), v))
					visit(v.Index(0), name+"[0]")
					return
				}
				v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			case reflect.Struct:
				for i := range v.NumField() {
					visit(v.Field(i), name+"."+v.Type().Field(i).Name)
				}
				return
			default:
				t.Fatalf("%s: teach this test about %T", name, at)
			}
		}
		if text := changed.Interface().(interface{ String() string }).String(); text == row.String() {
			t.Errorf("%T: %s does not show in its line %q", row, name, text)
		}
		v.Set(before)
	}
	changed.Set(reflect.ValueOf(row))
	visit(changed, "")
}
