// Package datastore writes and reads Calico's resources in the Kubernetes
// datastore as libcalico-go does: a resource of projectcalico.org/v3 is a custom
// resource of crd.projectcalico.org/v1 with the same kind, name and spec, and a
// Calico Node is a Kubernetes Node with annotations. It knows no labs.
package datastore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"

	"github.com/rackproof/rackproof/framework/calico"
)

// Store is a cluster's Calico resources.
type Store struct {
	client dynamic.Interface
}

// New makes a store on a cluster's API.
func New(client dynamic.Interface) *Store { return &Store{client: client} }

// fieldManager is who owns what is applied.
const fieldManager = "rackproof"

// group is the API group of Calico's custom resources in the datastore.
const group = "crd.projectcalico.org"

func resource(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: plural}
}

func nodes() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
}

// object is a resource of projectcalico.org/v3.
type object interface {
	runtime.Object
	metav1.Object
}

// Apply creates or replaces a mode's resources, all but its Nodes, which exist
// only once the cluster has them (see ApplyNode).
func (s *Store) Apply(ctx context.Context, resources calico.Resources) error {
	for i := range resources.IPPools {
		if err := s.apply(ctx, "IPPool", "ippools", &resources.IPPools[i]); err != nil {
			return err
		}
	}
	for i := range resources.BGPConfigurations {
		if err := s.apply(ctx, "BGPConfiguration", "bgpconfigurations", &resources.BGPConfigurations[i]); err != nil {
			return err
		}
	}
	for i := range resources.FelixConfigurations {
		if err := s.apply(ctx, "FelixConfiguration", "felixconfigurations", &resources.FelixConfigurations[i]); err != nil {
			return err
		}
	}
	for i := range resources.BGPFilters {
		if err := s.apply(ctx, "BGPFilter", "bgpfilters", &resources.BGPFilters[i]); err != nil {
			return err
		}
	}
	for i := range resources.BGPPeers {
		if err := s.apply(ctx, "BGPPeer", "bgppeers", &resources.BGPPeers[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, kind, plural string, o object) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return fmt.Errorf("convert %s %s: %w", kind, o.GetName(), err)
	}
	stored := &unstructured.Unstructured{Object: map[string]any{"spec": fields["spec"]}}
	stored.SetAPIVersion(group + "/v1")
	stored.SetKind(kind)
	stored.SetName(o.GetName())
	// Applied on the server, a resource is created or replaced by one request.
	_, err = s.client.Resource(resource(plural)).Apply(ctx, o.GetName(), stored, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("apply %s %s: %w", kind, o.GetName(), err)
	}
	return nil
}

// DeleteBGPPeer deletes a BGPPeer; one that is not there is no error.
func (s *Store) DeleteBGPPeer(ctx context.Context, name string) error {
	return s.remove(ctx, "BGPPeer", "bgppeers", name)
}

// DeleteBGPFilter deletes a BGPFilter; one that is not there is no error.
func (s *Store) DeleteBGPFilter(ctx context.Context, name string) error {
	return s.remove(ctx, "BGPFilter", "bgpfilters", name)
}

// DeleteBGPConfiguration deletes a BGPConfiguration; one that is not there is no
// error.
func (s *Store) DeleteBGPConfiguration(ctx context.Context, name string) error {
	return s.remove(ctx, "BGPConfiguration", "bgpconfigurations", name)
}

func (s *Store) remove(ctx context.Context, kind, plural, name string) error {
	err := s.client.Resource(resource(plural)).Delete(ctx, name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s %s: %w", kind, name, err)
	}
	return nil
}

// ApplyNode sets a Calico Node's settings and labels on its Kubernetes Node, as
// `calicoctl apply` does.
func (s *Store) ApplyNode(ctx context.Context, node calico.Node) error {
	metadata := map[string]any{"annotations": node.Annotations()}
	// No labels at all would be null, by which a merge patch removes those of the kubelet.
	if len(node.Labels) > 0 {
		metadata["labels"] = node.Labels
	}
	return s.patchNode(ctx, node.Name, metadata)
}

// LabelNode sets a label of a node; a nil value removes it.
func (s *Store) LabelNode(ctx context.Context, name, label string, value *string) error {
	return s.patchNode(ctx, name, map[string]any{"labels": map[string]any{label: value}})
}

// AnnotateNode sets an annotation of a node; a nil value removes it.
func (s *Store) AnnotateNode(ctx context.Context, name, annotation string, value *string) error {
	return s.patchNode(ctx, name, map[string]any{"annotations": map[string]any{annotation: value}})
}

// NodeAnnotation reads an annotation of a node; nil if it has none of that name.
func (s *Store) NodeAnnotation(ctx context.Context, name, annotation string) (*string, error) {
	node, err := s.client.Resource(nodes()).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read node %s: %w", name, err)
	}
	if value, ok := node.GetAnnotations()[annotation]; ok {
		return &value, nil
	}
	return nil, nil
}

// NodeLabel reads a label of a node; nil if it has none of that name.
func (s *Store) NodeLabel(ctx context.Context, name, label string) (*string, error) {
	node, err := s.client.Resource(nodes()).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read node %s: %w", name, err)
	}
	if value, ok := node.GetLabels()[label]; ok {
		return &value, nil
	}
	return nil, nil
}

func (s *Store) patchNode(ctx context.Context, name string, metadata map[string]any) error {
	patch, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		return fmt.Errorf("encode the settings of node %s: %w", name, err)
	}
	if _, err := s.client.Resource(nodes()).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("apply the settings of node %s: %w", name, err)
	}
	return nil
}

// Read reads the resources that are in the cluster now.
func (s *Store) Read(ctx context.Context) (calico.Resources, error) {
	var resources calico.Resources
	if err := list(ctx, s.client, "bgpconfigurations", &resources.BGPConfigurations); err != nil {
		return resources, err
	}
	if err := list(ctx, s.client, "bgpfilters", &resources.BGPFilters); err != nil {
		return resources, err
	}
	if err := list(ctx, s.client, "bgppeers", &resources.BGPPeers); err != nil {
		return resources, err
	}
	if err := list(ctx, s.client, "felixconfigurations", &resources.FelixConfigurations); err != nil {
		return resources, err
	}
	if err := list(ctx, s.client, "ippools", &resources.IPPools); err != nil {
		return resources, err
	}
	return resources, nil
}

func list[T any](ctx context.Context, client dynamic.Interface, plural string, into *[]T) error {
	found, err := client.Resource(resource(plural)).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list %s: %w", plural, err)
	}
	for _, item := range found.Items {
		var typed T
		if err := decode(item, &typed); err != nil {
			return err
		}
		*into = append(*into, typed)
	}
	return nil
}

// decode reads a stored resource strictly: a field that Calico v3.31 does not have would
// otherwise count as not set, and be lost by an update.
func decode(stored unstructured.Unstructured, into any) error {
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(stored.Object, into, true)
	strict, ok := runtime.AsStrictDecodingError(err)
	switch {
	case ok:
		var unknown []string
		for _, one := range strict.Errors() {
			unknown = append(unknown, one.Error())
		}
		return fmt.Errorf("read %s %s: %s: Rackproof knows the fields of Calico v3.31 (remove it)", stored.GetKind(), stored.GetName(), strings.Join(unknown, ", "))
	case err != nil:
		return fmt.Errorf("read %s %s: %w", stored.GetKind(), stored.GetName(), err)
	}
	return nil
}

// Version reads the version of Calico that runs in the cluster, which calico-node writes
// there when it starts (ClusterInformation).
func (s *Store) Version(ctx context.Context) (string, error) {
	information, err := s.client.Resource(resource("clusterinformations")).Get(ctx, "default", metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("read the cluster's version of Calico: %w", err)
	}
	version, _, _ := unstructured.NestedString(information.Object, "spec", "calicoVersion")
	if version == "" {
		return "", errors.New("read the cluster's version of Calico: ClusterInformation default has none: start calico-node")
	}
	return version, nil
}

// HostEndpoints lists the names of the HostEndpoints.
func (s *Store) HostEndpoints(ctx context.Context) ([]string, error) {
	found, err := s.client.Resource(resource("hostendpoints")).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list hostendpoints: %w", err)
	}
	var names []string
	for _, item := range found.Items {
		names = append(names, item.GetName())
	}
	return names, nil
}

// UpdateBGPConfiguration changes the default BGPConfiguration.
func (s *Store) UpdateBGPConfiguration(ctx context.Context, change func(*v3.BGPConfigurationSpec)) error {
	return update(ctx, s.client, "BGPConfiguration", "bgpconfigurations", "default", func(c *v3.BGPConfiguration) { change(&c.Spec) })
}

// UpdateFelixConfiguration changes the default FelixConfiguration, which calico-node
// makes at its startup if nobody else has.
func (s *Store) UpdateFelixConfiguration(ctx context.Context, change func(*v3.FelixConfigurationSpec)) error {
	return update(ctx, s.client, "FelixConfiguration", "felixconfigurations", "default", func(c *v3.FelixConfiguration) { change(&c.Spec) })
}

// UpdateBGPPeer changes a BGPPeer.
func (s *Store) UpdateBGPPeer(ctx context.Context, name string, change func(*v3.BGPPeerSpec)) error {
	return update(ctx, s.client, "BGPPeer", "bgppeers", name, func(p *v3.BGPPeer) { change(&p.Spec) })
}

// DeleteIPPool deletes an IP pool; one that is not there is no error.
func (s *Store) DeleteIPPool(ctx context.Context, name string) error {
	return s.remove(ctx, "IPPool", "ippools", name)
}

// UpdateIPPool changes an IPPool.
func (s *Store) UpdateIPPool(ctx context.Context, name string, change func(*v3.IPPoolSpec)) error {
	return update(ctx, s.client, "IPPool", "ippools", name, func(p *v3.IPPool) { change(&p.Spec) })
}

// update changes a resource, again if somebody else changed it meanwhile.
func update[T any](ctx context.Context, client dynamic.Interface, kind, plural, name string, change func(*T)) error {
	resources := client.Resource(resource(plural))
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := resources.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		var typed T
		if err := decode(*current, &typed); err != nil {
			return err
		}
		change(&typed)
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&typed)
		if err != nil {
			return err
		}
		current.Object["spec"] = fields["spec"]
		_, err = resources.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("change %s %s: %w", kind, name, err)
	}
	return nil
}
