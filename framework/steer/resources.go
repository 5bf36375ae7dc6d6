package steer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/oracle"
)

// Resources makes Calico's resources those that are wanted. Filters come before the
// BGPPeers that name them, and go after them. Nobody misses a FelixConfiguration: one that
// is not wanted loses its settings.
func Resources(ctx context.Context, store *datastore.Store, now, wanted calico.Resources) error {
	var added calico.Resources
	var errs []error
	do := func(err error) { errs = append(errs, err) }

	pools := compare(now.IPPools, wanted.IPPools, func(p v3.IPPool) (string, any) { return p.Name, p.Spec })
	added.IPPools = pools.added
	for _, pool := range pools.changed {
		do(store.UpdateIPPool(ctx, pool.Name, func(spec *v3.IPPoolSpec) { *spec = pool.Spec }))
	}
	configurations := compare(now.BGPConfigurations, wanted.BGPConfigurations, func(c v3.BGPConfiguration) (string, any) { return c.Name, c.Spec })
	added.BGPConfigurations = configurations.added
	for _, changed := range configurations.changed {
		if _, isDefault := (calico.Resources{BGPConfigurations: []v3.BGPConfiguration{changed}}).Configuration(); !isDefault {
			added.BGPConfigurations = append(added.BGPConfigurations, changed)
			continue
		}
		do(store.UpdateBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { *spec = changed.Spec }))
	}
	filters := compare(now.BGPFilters, wanted.BGPFilters, func(f v3.BGPFilter) (string, any) { return f.Name, f.Spec })
	added.BGPFilters = slices.Concat(filters.added, filters.changed)
	peers := compare(now.BGPPeers, wanted.BGPPeers, func(p v3.BGPPeer) (string, any) { return p.Name, p.Spec })
	added.BGPPeers = peers.added

	felixNow, there := now.FelixConfiguration()
	switch felix, _ := wanted.FelixConfiguration(); {
	case !there:
		added.FelixConfigurations = wanted.FelixConfigurations
	case !reflect.DeepEqual(felixNow.Spec, felix.Spec):
		do(store.UpdateFelixConfiguration(ctx, func(spec *v3.FelixConfigurationSpec) { *spec = felix.Spec }))
	}

	do(store.Apply(ctx, added))
	for _, peer := range peers.changed {
		do(store.UpdateBGPPeer(ctx, peer.Name, func(spec *v3.BGPPeerSpec) { *spec = peer.Spec }))
	}
	for _, name := range peers.gone {
		do(store.DeleteBGPPeer(ctx, name))
	}
	for _, name := range filters.gone {
		do(store.DeleteBGPFilter(ctx, name))
	}
	for _, name := range configurations.gone {
		do(store.DeleteBGPConfiguration(ctx, name))
	}
	for _, name := range pools.gone {
		do(store.DeleteIPPool(ctx, name))
	}
	return errors.Join(errs...)
}

// Nodes gives the nodes the labels, AS numbers and reflector clusters that are wanted.
func Nodes(ctx context.Context, store *datastore.Store, now, wanted []oracle.Node) error {
	var errs []error
	for _, want := range wanted {
		i := slices.IndexFunc(now, func(n oracle.Node) bool { return n.Name == want.Name })
		if i < 0 {
			continue
		}
		is := now[i]
		for label := range is.Labels {
			if _, ok := want.Labels[label]; !ok {
				errs = append(errs, store.LabelNode(ctx, is.Name, label, nil))
			}
		}
		for label, value := range want.Labels {
			if current, ok := is.Labels[label]; !ok || current != value {
				errs = append(errs, store.LabelNode(ctx, is.Name, label, &value))
			}
		}
		if is.AS != want.AS {
			var text string
			if want.AS != 0 {
				text = fmt.Sprint(want.AS)
			}
			errs = append(errs, store.AnnotateNode(ctx, is.Name, calico.ASNumberAnnotation, orNone(text)))
		}
		if is.ReflectorClusterID != want.ReflectorClusterID {
			errs = append(errs, store.AnnotateNode(ctx, is.Name, calico.ReflectorClusterIDAnnotation, orNone(want.ReflectorClusterID)))
		}
	}
	return errors.Join(errs...)
}

// orNone is nil for an empty text.
func orNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// changes are what makes one list of resources another one.
type changes[T any] struct {
	added, changed []T
	gone           []string
}

// compare compares lists of resources by their names and specs.
func compare[T any](now, wanted []T, read func(T) (name string, spec any)) changes[T] {
	var c changes[T]
	is := map[string]any{}
	for _, r := range now {
		name, spec := read(r)
		is[name] = spec
	}
	kept := map[string]bool{}
	for _, r := range wanted {
		name, spec := read(r)
		kept[name] = true
		switch current, there := is[name]; {
		case !there:
			c.added = append(c.added, r)
		case !reflect.DeepEqual(current, spec):
			c.changed = append(c.changed, r)
		}
	}
	for _, r := range now {
		if name, _ := read(r); !kept[name] {
			c.gone = append(c.gone, name)
		}
	}
	return c
}
