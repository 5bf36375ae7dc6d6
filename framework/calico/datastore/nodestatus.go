package datastore

import (
	"context"
	"fmt"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nodeStatuses is the plural of CalicoNodeStatus.
const nodeStatuses = "caliconodestatuses"

// RequestNodeStatus asks a node's status reporter for everything, every second, by
// a CalicoNodeStatus of the node's name.
func (s *Store) RequestNodeStatus(ctx context.Context, node string) error {
	return s.apply(ctx, v3.KindCalicoNodeStatus, nodeStatuses, &v3.CalicoNodeStatus{
		ObjectMeta: metav1.ObjectMeta{Name: node},
		Spec: v3.CalicoNodeStatusSpec{
			Node: node, UpdatePeriodSeconds: new(uint32(1)),
			Classes: []v3.NodeStatusClassType{v3.NodeStatusClassTypeAgent, v3.NodeStatusClassTypeBGP, v3.NodeStatusClassTypeRoutes},
		},
	})
}

// NodeStatus is what a node's status reporter has told by now.
func (s *Store) NodeStatus(ctx context.Context, node string) (v3.CalicoNodeStatusStatus, error) {
	found, err := s.client.Resource(resource(nodeStatuses)).Get(ctx, node, metav1.GetOptions{})
	if err != nil {
		return v3.CalicoNodeStatusStatus{}, fmt.Errorf("read the status of node %s: %w", node, err)
	}
	var typed v3.CalicoNodeStatus
	err = decode(*found, &typed)
	return typed.Status, err
}

// DeleteNodeStatus ends RequestNodeStatus; one that is not there is no error.
func (s *Store) DeleteNodeStatus(ctx context.Context, node string) error {
	return s.remove(ctx, v3.KindCalicoNodeStatus, nodeStatuses, node)
}
