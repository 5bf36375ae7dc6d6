package datastore

import (
	"context"
	"fmt"
	"net/netip"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/rackproof/rackproof/framework/route"
)

// ReleaseBlocks takes the blocks within a range away from their nodes, and deletes
// them, as calico-kube-controllers, which a lab does not have, does with those of a pool
// that is gone. Nobody may have an address of them any more.
func (s *Store) ReleaseBlocks(ctx context.Context, within netip.Prefix) error {
	for _, plural := range []string{"blockaffinities", "ipamblocks"} {
		found, err := s.client.Resource(resource(plural)).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("release the blocks of %s: list %s: %w", within, plural, err)
		}
		for _, item := range found.Items {
			cidr, _, _ := unstructured.NestedString(item.Object, "spec", "cidr")
			block, err := netip.ParsePrefix(cidr)
			if err != nil {
				return fmt.Errorf("release the blocks of %s: %s: %w", within, item.GetName(), err)
			}
			if !route.Contains(within, block) {
				continue
			}
			err = s.client.Resource(resource(plural)).Delete(ctx, item.GetName(), metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("release block %s: %w", block, err)
			}
		}
	}
	return nil
}
