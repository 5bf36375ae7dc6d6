package calicoctl

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/session"
)

// printed is what calicoctl v3.31.0 prints.
const printed = `Calico process is running.

IPv4 BGP status
+--------------+-------------------+-------+----------+-------------+
| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+--------------+-------------------+-------+----------+-------------+
| 192.168.1.1  | global            | up    | 12:25:38 | Established |
| 192.168.1.11 | node-to-node mesh | start | 12:25:39 | Active Socket: Connection refused |
+--------------+-------------------+-------+----------+-------------+

`

func TestReadStatus(t *testing.T) {
	got, err := ReadStatus(printed)
	want := []Peer{
		{netip.MustParseAddr("192.168.1.1"), session.Global, true},
		{netip.MustParseAddr("192.168.1.11"), session.NodeToNodeMesh, false},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for says, text := range map[string]string{
		"does not see Felix":  "Calico process is not running.",
		"no table":            "Calico process is running.\n\nIPv4 BGP status\nNo IPv4 peers found.\n",
		"the columns are":     strings.Replace(printed, "PEER TYPE", "KIND", 1),
		"has not the columns": strings.Replace(printed, "| global            ", "", 1),
		"ParseAddr":           strings.Replace(printed, "192.168.1.1 ", "192.168.1.x", 1),
	} {
		if _, err := ReadStatus(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", says, err)
		}
	}
}

func TestTable(t *testing.T) {
	got := Table("NAME    ASN       IPV4             IPV6   \nnode1   (64512)   172.20.0.11/24          \n\n", "")
	if want := [][]string{{"NAME", "ASN", "IPV4", "IPV6"}, {"node1", "(64512)", "172.20.0.11/24"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}
