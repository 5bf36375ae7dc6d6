package datastore

import (
	"context"
	"fmt"
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Blocks lists the IPAM blocks with a confirmed affinity, by node. Blocks whose
// affinity is still pending are nobody's yet: confd does not announce them
// (projectcalico/calico#6003).
func (s *Store) Blocks(ctx context.Context) (map[string][]netip.Prefix, error) {
	found, err := s.client.Resource(resource("blockaffinities")).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list block affinities: %w", err)
	}
	blocks := map[string][]netip.Prefix{}
	for _, item := range found.Items {
		field := func(name string) string {
			value, _, _ := unstructured.NestedString(item.Object, "spec", name)
			return value
		}
		if field("state") != "confirmed" || field("deleted") == "true" {
			continue
		}
		block, err := netip.ParsePrefix(field("cidr"))
		if err != nil {
			return nil, fmt.Errorf("block affinity %s: %w", item.GetName(), err)
		}
		blocks[field("node")] = append(blocks[field("node")], block)
	}
	return blocks, nil
}
