package datastore

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"

	"github.com/rackproof/rackproof/framework/calico"
)

func stored(kind, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": group + "/v1", "kind": kind,
		"metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func store(objects ...runtime.Object) *Store {
	kinds := map[schema.GroupVersionResource]string{
		resource("bgpconfigurations"): "BGPConfigurationList", resource("bgppeers"): "BGPPeerList",
		resource("bgpfilters"): "BGPFilterList", resource("ippools"): "IPPoolList", resource("blockaffinities"): "BlockAffinityList",
		resource("felixconfigurations"): "FelixConfigurationList", resource("clusterinformations"): "ClusterInformationList",
		resource("hostendpoints"): "HostEndpointList", resource("ipamblocks"): "IPAMBlockList",
		nodes(): "NodeList",
	}
	return New(fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, objects...))
}

func TestBlocksAreThoseWithAConfirmedAffinity(t *testing.T) {
	affinity := func(name, cidr, state, deleted string) *unstructured.Unstructured {
		return stored("BlockAffinity", name, map[string]any{"node": "worker", "cidr": cidr, "state": state, "deleted": deleted})
	}
	blocks, err := store(
		affinity("a", "10.244.0.0/26", "confirmed", "false"),
		affinity("b", "10.244.1.0/26", "pending", "false"),
		affinity("c", "10.244.2.0/26", "pendingDeletion", "false"),
		affinity("d", "10.244.3.0/26", "confirmed", "true"),
	).Blocks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("10.244.0.0/26")}; !slices.Equal(blocks["worker"], want) {
		t.Errorf("got %v, want %v", blocks["worker"], want)
	}
}

func TestBorrowedAddressesAreThoseOfAnotherNodesBlock(t *testing.T) {
	attributes := []any{
		map[string]any{"secondary": map[string]any{"node": "worker"}},
		map[string]any{"secondary": map[string]any{"node": "worker2"}},
		map[string]any{"handle_id": "of nobody"},
	}
	blockOf := func(name, cidr, affinity string, deleted bool, allocations ...any) *unstructured.Unstructured {
		return stored("IPAMBlock", name, map[string]any{
			"cidr": cidr, "affinity": affinity, "allocations": allocations, "attributes": attributes, "deleted": deleted,
		})
	}
	borrowed, err := store(
		blockOf("a", "10.244.0.0/30", "host:worker", false, int64(0), nil, int64(1), int64(2)),
		blockOf("b", "10.244.1.0/30", "host:worker2", false, nil, nil, nil, int64(0)),
		blockOf("c", "10.244.2.0/30", "", false, int64(1), int64(9), nil, nil),
		blockOf("d", "10.244.3.0/30", "host:worker", true, int64(1), nil, nil, nil),
	).Borrowed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]netip.Addr{
		"worker":  {netip.MustParseAddr("10.244.1.3")},
		"worker2": {netip.MustParseAddr("10.244.0.2"), netip.MustParseAddr("10.244.2.0")},
	}
	if !maps.EqualFunc(borrowed, want, slices.Equal) {
		t.Errorf("got %v, want %v", borrowed, want)
	}
}

func TestApplyNodeKeepsOtherLabels(t *testing.T) {
	node := func() *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Node",
			"metadata": map[string]any{"name": "worker", "labels": map[string]any{"kubernetes.io/os": "linux"}, "annotations": map[string]any{"other": "1"}},
		}}
	}
	for _, labels := range []map[string]string{nil, {}, {"rack": "rack0"}} {
		s := store(node())
		if err := s.ApplyNode(t.Context(), calico.Node{ObjectMeta: metav1.ObjectMeta{Name: "worker", Labels: labels}}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"kubernetes.io/os": "linux", "rack": labels["rack"]} {
			got, err := s.NodeLabel(t.Context(), "worker", name)
			if err != nil || (got == nil) != (want == "") || got != nil && *got != want {
				t.Errorf("labels %v: %s is %v, %v; want %q", labels, name, got, err, want)
			}
		}
		if other, err := s.NodeAnnotation(t.Context(), "worker", "other"); err != nil || other == nil {
			t.Errorf("labels %v: the annotation is %v, %v", labels, other, err)
		}
	}
}

func TestReadIsTyped(t *testing.T) {
	resources, err := store(
		stored("BGPConfiguration", "default", map[string]any{"nodeToNodeMeshEnabled": false, "asNumber": int64(64513)}),
		stored("BGPPeer", "rack0-to-leaf0", map[string]any{"peerIP": "10.1.5.1", "asNumber": int64(65005), "nodeSelector": "rack == 'rack0'"}),
		stored("IPPool", "pool", map[string]any{"cidr": "10.244.0.0/16", "blockSize": int64(26)}),
		stored("FelixConfiguration", "default", map[string]any{"programClusterRoutes": "Enabled"}),
	).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if resources.MeshEnabled() || resources.DefaultAS() != 64513 {
		t.Errorf("mesh %t, AS %d", resources.MeshEnabled(), resources.DefaultAS())
	}
	if got := resources.ClusterRoutes().Felix; got != "Enabled" {
		t.Errorf("Felix programs cluster routes: %q", got)
	}
	if len(resources.BGPPeers) != 1 || resources.BGPPeers[0].Spec.PeerIP != "10.1.5.1" {
		t.Errorf("peers %v", resources.BGPPeers)
	}
	if len(resources.IPPools) != 1 || resources.IPPools[0].Spec.CIDR != "10.244.0.0/16" {
		t.Errorf("pools %v", resources.IPPools)
	}
}

func TestUpdateKeepsWhatItIsNotTold(t *testing.T) {
	s := store(stored("BGPConfiguration", "default", map[string]any{"nodeToNodeMeshEnabled": true, "asNumber": int64(64513)}))
	err := s.UpdateBGPConfiguration(t.Context(), func(spec *v3.BGPConfigurationSpec) {
		off := false
		spec.NodeToNodeMeshEnabled = &off
	})
	if err != nil {
		t.Fatal(err)
	}
	resources, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if resources.MeshEnabled() || resources.DefaultAS() != 64513 {
		t.Errorf("mesh %t, AS %d", resources.MeshEnabled(), resources.DefaultAS())
	}
}

// A field of a later Calico is refused, and an update does not lose it.
func TestUnknownFieldsAreRefused(t *testing.T) {
	peer := map[string]any{"peerIP": "10.1.5.1", "asNumber": int64(65005)}
	read := func(s *Store) error {
		_, err := s.Read(t.Context())
		return err
	}
	change := func(s *Store) error { return s.UpdateBGPPeer(t.Context(), "to-leaf", func(*v3.BGPPeerSpec) {}) }
	if err := read(store(stored("BGPPeer", "to-leaf", peer))); err != nil {
		t.Error(err)
	}
	peer["keepaliveTime"] = "1s"
	for name, use := range map[string]func(*Store) error{"read": read, "change": change} {
		err := use(store(stored("BGPPeer", "to-leaf", peer)))
		if err == nil || !strings.Contains(err.Error(), `read BGPPeer to-leaf: unknown field "spec.keepaliveTime": `) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	rule := map[string]any{"action": "Accept", "peerType": "eBGP"}
	err := read(store(stored("BGPFilter", "f", map[string]any{"exportV4": []any{rule}})))
	if err == nil || !strings.Contains(err.Error(), "peerType") {
		t.Errorf("a rule's field: got %v", err)
	}
}

func TestVersion(t *testing.T) {
	got, err := store(stored("ClusterInformation", "default", map[string]any{"calicoVersion": "v3.31.0"})).Version(t.Context())
	if err != nil || got != "v3.31.0" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, s := range map[string]*Store{
		"no version":     store(stored("ClusterInformation", "default", map[string]any{"clusterType": "k8s"})),
		"no information": store(),
	} {
		if got, err := s.Version(t.Context()); err == nil {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestHostEndpoints(t *testing.T) {
	got, err := store(stored("HostEndpoint", "worker-eth0", map[string]any{"node": "worker"})).HostEndpoints(t.Context())
	if err != nil || !slices.Equal(got, []string{"worker-eth0"}) {
		t.Errorf("got %v, %v", got, err)
	}
}
