package observe

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

func TestEndRoutes(t *testing.T) {
	prefix := netip.MustParsePrefix
	ends := map[netip.Prefix]string{prefix("10.244.0.1/32"): "own", prefix("10.244.1.1/32"): "other", prefix("10.244.2.1/32"): "third"}
	table := route.Table{
		{Prefix: prefix("10.244.0.1/32")}, {Prefix: prefix("10.244.1.1/32")}, {Prefix: prefix("10.244.1.1/32"), Metric: 5},
		{Prefix: prefix("10.244.2.0/26")}, {Prefix: prefix("10.244.2.2/32")},
	}
	if got := endRoutes(table, "own", ends); !slices.Equal(got, []string{"other"}) {
		t.Errorf("got %v", got)
	}
}

func TestAnnotate(t *testing.T) {
	var n oracle.Node
	err := annotate(&n, map[string]string{
		"projectcalico.org/ASNumber": "65001", "projectcalico.org/IPv4Address": "10.1.5.10/24",
		"projectcalico.org/IPv4IPIPTunnelAddr": "10.244.0.1", "projectcalico.org/IPv4VXLANTunnelAddr": "10.244.0.2", "other": "thing",
	})
	if err != nil || n.AS != 65001 || n.Subnet.String() != "10.1.5.10/24" || n.IPIPTunnel.String() != "10.244.0.1" || n.VXLANTunnel.String() != "10.244.0.2" {
		t.Errorf("got %+v, %v", n, err)
	}
	for _, annotation := range []string{"projectcalico.org/ASNumber", "projectcalico.org/IPv4Address", "projectcalico.org/IPv4IPIPTunnelAddr", "projectcalico.org/IPv4VXLANTunnelAddr"} {
		if err := annotate(&n, map[string]string{annotation: "nonsense"}); err == nil {
			t.Errorf("%s: nonsense is taken", annotation)
		}
	}
}
