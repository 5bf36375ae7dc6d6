package steer

import (
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestCompare(t *testing.T) {
	peer := func(name, ip string) v3.BGPPeer {
		return v3.BGPPeer{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v3.BGPPeerSpec{PeerIP: ip}}
	}
	now := []v3.BGPPeer{peer("same", "10.0.0.1"), peer("changed", "10.0.0.2"), peer("gone", "10.0.0.3")}
	now[0].ResourceVersion = "7" // the API server's, and no change
	wanted := []v3.BGPPeer{peer("new", "10.0.0.4"), peer("changed", "10.0.0.5"), peer("same", "10.0.0.1")}
	c := compare(now, wanted, func(p v3.BGPPeer) (string, any) { return p.Name, p.Spec })
	if len(c.added) != 1 || c.added[0].Name != "new" {
		t.Errorf("added %v", c.added)
	}
	if len(c.changed) != 1 || c.changed[0].Spec.PeerIP != "10.0.0.5" {
		t.Errorf("changed %v", c.changed)
	}
	if !slices.Equal(c.gone, []string{"gone"}) {
		t.Errorf("gone %v", c.gone)
	}
}
