package main

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/topology"
)

func TestParseTarget(t *testing.T) {
	top := &topology.Topology{Hosts: []topology.Host{{
		Name: "worker", Interfaces: []topology.Interface{{Name: "net0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.11/24")}}},
	}}}
	for text, want := range map[string]string{
		"10.1.5.10": "10.1.5.10:0", "10.1.5.10:80": "10.1.5.10:80", "worker": "10.1.5.11:0", "worker:179": "10.1.5.11:179",
	} {
		got, err := parseTarget(top, text)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"worker9": "neither an address nor a host", "": "neither", "worker:http": `"http" is no port`, "worker:0": "0 is no port",
		"10.1.5.10:0": "0 is no port", "10.1.5.10:99999": "neither", "fd00::1": "no IPv4 address", "[fd00::1]:80": "no IPv4 address",
	} {
		if _, err := parseTarget(top, text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", text, err, says)
		}
	}
}

// threeTried are two answers of one server and one timeout.
func threeTried() []probe.Tried {
	answer := func(port uint16, took time.Duration) probe.Tried {
		return probe.Tried{Outcome: probe.Answered, Took: took, Answer: probe.Answer{
			Local: netip.AddrPortFrom(netip.MustParseAddr("10.1.100.10"), port), Server: "app-1",
			Client: netip.AddrPortFrom(netip.MustParseAddr("10.1.5.10"), port),
		}}
	}
	return []probe.Tried{answer(40001, 2*time.Millisecond), {Outcome: probe.TimedOut, Took: 3 * time.Second}, answer(40002, 4*time.Millisecond)}
}

func TestProbeResultText(t *testing.T) {
	var out bytes.Buffer
	if err := resultOfProbes("client", netip.MustParseAddrPort("192.168.4.10:80"), threeTried()).writeText(&out); err != nil {
		t.Fatal(err)
	}
	want := `COUNT   OUTCOME     SERVER   CLIENT AS SEEN BY IT
2       answered    app-1    10.1.5.10
1       timed out   -        -

2 of 3 answered, from client to 192.168.4.10:80, after 4.0 ms (least 2.0, most 4.0)
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestProbeResultForScripts(t *testing.T) {
	data, err := json.Marshal(resultOfProbes("client", netip.MustParseAddrPort("192.168.4.10:80"), threeTried()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"sent":3,"answered":2,"milliseconds":{"least":2,"median":4,"most":4}`,
		`{"outcome":"answered","server":"app-1","seenAs":"10.1.5.10","count":2}`,
		`{"outcome":"answered","local":"10.1.100.10:40002","server":"app-1","seenAs":"10.1.5.10:40002","milliseconds":4}`,
		`{"outcome":"timed out","milliseconds":3000}`,
	} {
		if !strings.Contains(string(data), part) {
			t.Errorf("%s lacks %s", data, part)
		}
	}
	ping := resultOfProbes("client", netip.AddrPortFrom(netip.MustParseAddr("10.1.5.10"), 0), nil)
	if ping.To != "10.1.5.10" || ping.Milliseconds != nil {
		t.Errorf("got %+v", ping)
	}
}
