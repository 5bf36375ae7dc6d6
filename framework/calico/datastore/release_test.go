package datastore

import (
	"net/netip"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestReleaseBlocks(t *testing.T) {
	s := store(
		stored("BlockAffinity", "in", map[string]any{"node": "worker", "cidr": "192.168.4.7/32", "state": "confirmed", "deleted": "false"}),
		stored("IPAMBlock", "in", map[string]any{"cidr": "192.168.4.7/32"}),
		stored("BlockAffinity", "out", map[string]any{"node": "worker", "cidr": "10.244.0.0/26", "state": "confirmed", "deleted": "false"}),
		stored("IPAMBlock", "out", map[string]any{"cidr": "10.244.0.0/26"}),
	)
	if err := s.ReleaseBlocks(t.Context(), netip.MustParsePrefix("192.168.4.0/24")); err != nil {
		t.Fatal(err)
	}
	blocks, err := s.Blocks(t.Context())
	if want := []netip.Prefix{netip.MustParsePrefix("10.244.0.0/26")}; err != nil || !slices.Equal(blocks["worker"], want) {
		t.Errorf("got %v, %v; want %v", blocks["worker"], err, want)
	}
	left, err := s.client.Resource(resource("ipamblocks")).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) != 1 || left.Items[0].GetName() != "out" {
		t.Errorf("got %v, %v", left, err)
	}
}
