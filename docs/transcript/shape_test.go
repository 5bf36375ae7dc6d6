package transcript

import (
	"strings"
	"testing"
)

// Two runs of the same command in the same state.
func TestRunsOfOneShape(t *testing.T) {
	for name, outputs := range map[string][2]string{
		"lab up": {"\nLab a is ready after 6.10 s: topology tor, mode tor.\n", "Lab a is ready after 12.04 s: topology tor, mode tor."},
		"kubectl": {
			"NAME        READY   STATUS    AGE\napp-x7k2p   1/1     Running   5s\n",
			"NAME        READY   STATUS    AGE\napp-9zzzz   1/1     Running   3m28s\n",
		},
		"a Deployment's pods":  {"nginx-5d4f8c7b9-abcde", "nginx-7c5ddbdf54-x2x2x"},
		"a service's own port": {"nginx  NodePort  10.49.62.131  192.168.3.180  80:31890/TCP  109m", "nginx  NodePort  10.49.62.131  192.168.3.180  80:30001/TCP  2s"},
		"a client's port":      {"10.1.100.10:55726", "10.1.100.10:38000"},
		"routes of pods":       {"10.244.171.64 dev calida8ab6423e0 scope link", "10.244.171.64 dev cali9b31dde13ab scope link"},
		"interfaces":           {"eth3@if10   UP   10.1.5.1/24", "eth3@if7    UP   10.1.5.1/24"},
		"devices":              {"flannel.1   UNKNOWN   92:01:f8:be:8f:6a <BROADCAST,UP>", "flannel.1   UNKNOWN   02:fe:00:be:8f:11 <BROADCAST,UP>"},
		"curl":                 {"curl: (28) Connection timed out after 10001 milliseconds", "curl: (28) Connection timed out after 10002 milliseconds"},
		"probe":                {"3 of 3 answered, from a to b, after 0.3 ms (least 0.2, most 1.1)", "3 of 3 answered, from a to b, after 12.9 ms (least 1.0, most 30.0)"},
		"calicoctl": {
			"+---------+-------+----------+\n| 10.1.5.1 | up | 23:44:41 | Established |", "+---------+-------+------------+\n| 10.1.5.1 | up | 00:00:01 | Established |",
		},
		"FRR's neighbours": {
			"BGP table version 14\nRIB entries 21, using 4032 bytes of memory\n10.1.5.10       4      65005        84        96        0    0    0 00:01:21            1       11 worker",
			"BGP table version 9\nRIB entries 21, using 3072 bytes of memory\n10.1.5.10       4      65005       123       100        2    0    0 01:01:21            1       11 worker",
		},
		"yaml": {"  resourceVersion: \"311\"\n  uid: 6b0c\n  name: node11", "  resourceVersion: \"1204\"\n  uid: 9f2e\n  name: node11"},
	} {
		if difference := Difference(lines(outputs[0]), lines(outputs[1]), false); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
}

func TestRunsOfDifferentShapes(t *testing.T) {
	for name, c := range map[string]struct{ shown, printed, says string }{
		"a next hop":   {"10.1.8.0/24 via 10.1.5.1 dev net0 proto bird", "10.1.8.0/24 via 10.1.5.2 dev net0 proto bird", "- 10.1.8.0/24 via 10.1.5.1 dev net0 proto bird\n+ 10.1.8.0/24 via 10.1.5.2 dev net0 proto bird"},
		"an interface": {"default via 10.1.5.1 dev net0", "default via 10.1.5.1 dev eth0", "+ default via 10.1.5.1 dev eth0"},
		"a line less":  {"a\nb", "a", "- b"},
		"a line twice": {"a\nb", "a\nb\nb", "+ b"},
		"the order":    {"a\nb", "b\na", "another order"},
		"a fixed port": {"8080:32000/TCP", "8080:32001/TCP", "+ 8080:32001/TCP"},
		"a state":      {"| 10.1.5.1 | up | 23:44:41 | Established |", "| 10.1.5.1 | start | 23:44:41 | Active |", "Active"},
		"prefixes":     {"10.1.5.10 4 65005 84 96 0 0 0 00:01:21 1 11 worker", "10.1.5.10 4 65005 84 96 0 0 0 00:01:21 2 11 worker", "+ 10.1.5.10 4 65005 COUNTERS 2 COUNTER worker"},
	} {
		if difference := Difference(lines(c.shown), lines(c.printed), false); !strings.Contains(difference, c.says) {
			t.Errorf("%s: got %q, want %q", name, difference, c.says)
		}
	}
}

func TestOrderOfPaths(t *testing.T) {
	shown := lines("   Network          Next Hop\n*> 10.1.8.0/24      10.1.10.2      0 500 65008 i\n*=                  10.1.12.2      0 800 65008 i\n*  10.1.10.0/24     10.1.10.2      0 500 i\n*>                  0.0.0.0        0 i\n*>i10.244.235.128/26\n                    10.1.5.10      100 0 i")
	again := lines("   Network          Next Hop\n*= 10.1.8.0/24      10.1.12.2      0 800 65008 i\n*>                  10.1.10.2      0 500 65008 i\n*> 10.1.10.0/24     0.0.0.0        0 i\n*                   10.1.10.2      0 500 i\n*>i10.244.235.128/26\n                    10.1.5.10      100 0 i")
	if difference := Difference(shown, again, true); difference != "" {
		t.Errorf("paths in another order: %s", difference)
	}
	if Difference(shown, again, false) == "" {
		t.Error("the order of paths does not count")
	}
	moved := lines("   Network          Next Hop\n*> 10.1.8.0/24      10.1.10.2      0 500 65008 i\n*  10.1.10.0/24     10.1.12.2      0 800 65008 i\n*                   10.1.10.2      0 500 i\n*>                  0.0.0.0        0 i\n*>i10.244.235.128/26\n                    10.1.5.10      100 0 i")
	if Difference(shown, moved, true) == "" {
		t.Error("a path of another prefix makes no difference")
	}
}

func lines(text string) []string { return trim(strings.Split(text, "\n")) }
