package datastore

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// block is the part of an IPAMBlock that tells who has its addresses
// (libcalico-go, lib/apis/v3/ipam_block.go).
type block struct {
	Spec struct {
		CIDR     string `json:"cidr"`
		Affinity string `json:"affinity"`
		// Allocations has an index into Attributes for each address of the block, in
		// order; nil for one that is free.
		Allocations []*int64 `json:"allocations"`
		Attributes  []struct {
			Secondary map[string]string `json:"secondary"`
		} `json:"attributes"`
		Deleted bool `json:"deleted"`
	} `json:"spec"`
}

// Borrowed lists the addresses that nodes have, for a pod or a tunnel, out of blocks
// that are not theirs, by the node that has them (NonAffineAllocations in
// libcalico-go, lib/backend/model/block.go).
func (s *Store) Borrowed(ctx context.Context) (map[string][]netip.Addr, error) {
	found, err := s.client.Resource(resource("ipamblocks")).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list IPAM blocks: %w", err)
	}
	borrowed := map[string][]netip.Addr{}
	for _, item := range found.Items {
		var b block
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(item.Object, &b); err != nil {
			return nil, fmt.Errorf("read IPAM block %s: %w", item.GetName(), err)
		}
		if b.Spec.Deleted {
			continue
		}
		if err := b.borrowers(borrowed); err != nil {
			return nil, fmt.Errorf("read IPAM block %s: %w", item.GetName(), err)
		}
	}
	return borrowed, nil
}

// borrowers adds the block's addresses that nodes have who do not own it.
func (b block) borrowers(borrowed map[string][]netip.Addr) error {
	cidr, err := netip.ParsePrefix(b.Spec.CIDR)
	if err != nil {
		return err
	}
	owner := strings.TrimPrefix(b.Spec.Affinity, "host:")
	address := cidr.Masked().Addr()
	for _, attributes := range b.Spec.Allocations {
		if attributes != nil && int(*attributes) < len(b.Spec.Attributes) {
			// Whoever wrote down no node has an address that nobody routes to.
			node := b.Spec.Attributes[*attributes].Secondary["node"]
			if node != "" && node != owner {
				borrowed[node] = append(borrowed[node], address)
			}
		}
		address = address.Next()
	}
	return nil
}
