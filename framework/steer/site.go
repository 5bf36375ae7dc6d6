package steer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// Site is a lab that is steered. Nobody else changes it meanwhile.
type Site struct {
	lab     lab.Lab
	cluster *observe.Cluster
	store   *datastore.Store
	client  kubernetes.Interface
	// cut are the links that are cut: no lab tells.
	cut map[string]bool
}

// NewSite makes a site of a lab whose links are all up.
func NewSite(l lab.Lab) (*Site, error) {
	cluster, err := observe.NewCluster(l)
	if err != nil {
		return nil, err
	}
	dynamicClient, err := dynamic.NewForConfig(l.Kubernetes())
	if err != nil {
		return nil, fmt.Errorf("make a client for the lab's API: %w", err)
	}
	client, err := kubernetes.NewForConfig(l.Kubernetes())
	if err != nil {
		return nil, fmt.Errorf("make a client for the lab's API: %w", err)
	}
	return &Site{lab: l, cluster: cluster, store: datastore.New(dynamicClient), client: client, cut: map[string]bool{}}, nil
}

// State reads the state that the lab is in.
func (s *Site) State(ctx context.Context) (oracle.State, error) {
	state, err := s.cluster.State(ctx)
	state.CutLinks = maps.Clone(s.cut)
	return state, err
}

// View reads what the hosts have.
func (s *Site) View(ctx context.Context, routers []fabric.Router) (snapshot.View, error) {
	return observe.View(ctx, s.lab, routers)
}

// Stale says why a program does not run what its files say; empty if all do.
func (s *Site) Stale(ctx context.Context, routers []fabric.Router) (string, error) {
	for _, node := range s.lab.Topology().Nodes() {
		host, err := s.lab.Host(node.Name)
		if err != nil {
			return "", err
		}
		why, err := observe.StaleBIRD(ctx, host, node.Families(), time.Time{})
		if err != nil || why != "" {
			return fmt.Sprintf("%s: %s", node.Name, why), err
		}
	}
	for _, router := range routers {
		host, err := s.lab.Host(router.Host)
		if err != nil {
			return "", err
		}
		if err := observe.VerifyRouter(ctx, host, router); err != nil && !errors.Is(err, lab.ErrUnable) {
			return err.Error(), nil
		}
	}
	return "", nil
}

// Become asks for all that makes the lab's state another one.
func (s *Site) Become(ctx context.Context, wanted oracle.State) error {
	now, err := s.State(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.links(ctx, wanted.CutLinks), s.routers(ctx, now.Routers, wanted.Routers),
		Nodes(ctx, s.store, now.Nodes, wanted.Nodes), Resources(ctx, s.store, now.Resources, wanted.Resources),
		services(ctx, s.client, now, wanted))
}

func (s *Site) links(ctx context.Context, wanted map[string]bool) error {
	if maps.Equal(s.cut, wanted) || len(s.cut) == 0 && len(wanted) == 0 {
		return nil
	}
	cutter, err := lab.LinkCutterOf(s.lab)
	if err != nil {
		return err
	}
	var errs []error
	for link := range s.cut {
		if !wanted[link] {
			errs = append(errs, cutter.RestoreLink(ctx, link))
			delete(s.cut, link)
		}
	}
	for link, cut := range wanted {
		if cut && !s.cut[link] {
			s.cut[link] = true
			errs = append(errs, cutter.CutLink(ctx, link))
		}
	}
	return errors.Join(errs...)
}

func (s *Site) routers(ctx context.Context, now, wanted []fabric.Router) error {
	var errs []error
	for _, want := range wanted {
		same := func(r fabric.Router) bool { return reflect.DeepEqual(r, want) }
		if slices.ContainsFunc(now, same) {
			continue
		}
		controller, err := lab.RouterControllerOf(s.lab)
		if err == nil {
			err = controller.ConfigureRouter(ctx, want)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
