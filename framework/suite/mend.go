package suite

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/steer"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// mend implements gated. It puts back what decides sessions and routes, and starts again
// what has ended or does not run its files. A lab whose state cannot be read, as its API
// server is gone, cannot be mended.
func (l *Lab) mend(ctx context.Context) error {
	if l.baseline == nil {
		return errors.New("it never was at its baseline")
	}
	state, err := l.State(ctx)
	if err != nil {
		return err
	}
	if l.gate.nested > 0 {
		// The pieces of the container's set-up are unknown.
		return l.startWhatEnded(ctx)
	}
	before := l.baseline.design
	return errors.Join(l.restoreLinks(ctx), l.removeForeign(), steer.Resources(ctx, l.Calico, state.Resources, before.Resources),
		steer.Nodes(ctx, l.Calico, state.Nodes, before.Nodes), l.restoreServices(ctx, state), l.restoreRouters(ctx), l.startWhatEnded(ctx))
}

func (l *Lab) restoreLinks(ctx context.Context) error {
	var errs []error
	for link := range l.cut {
		cutter, err := lab.LinkCutterOf(l.Lab)
		if err == nil {
			err = cutter.RestoreLink(ctx, link)
		}
		errs = append(errs, err)
	}
	for end := range l.cutEnds {
		cutter, err := lab.EndCutterOf(l.Lab)
		if err == nil {
			err = cutter.RestoreEnd(ctx, end.Link, end.Host)
		}
		errs = append(errs, err)
	}
	clear(l.cut)
	clear(l.cutEnds)
	return errors.Join(errs...)
}

// restoreServices deletes services that the baseline does not have.
func (l *Lab) restoreServices(ctx context.Context, now oracle.State) error {
	var errs []error
	for _, service := range now.Services {
		same := func(s oracle.Service) bool { return s.Namespace == service.Namespace && s.Name == service.Name }
		if slices.ContainsFunc(l.baseline.design.Services, same) {
			continue
		}
		object := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: service.Namespace, Name: service.Name}}
		if err := l.Client.Resources().Delete(ctx, object); !apierrors.IsNotFound(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// restoreRouters makes the routers do what they did at the baseline. A router that still
// runs another configuration is started again.
func (l *Lab) restoreRouters(ctx context.Context) error {
	controller, err := lab.RouterControllerOf(l.Lab)
	if errors.Is(err, lab.ErrUnable) {
		return nil // nobody has configured one
	}
	var errs []error
	for i, router := range l.baseline.design.Routers {
		if i >= len(l.routers) {
			break
		}
		l.askedRouter(router.Host)
		if !reflect.DeepEqual(router, l.routers[i]) {
			errs = append(errs, controller.ConfigureRouter(ctx, router))
			l.routers[i] = router.Clone()
		}
	}
	for _, router := range l.routers {
		if l.verifyRouter(ctx, router) != nil {
			errs = append(errs, l.restartAll(ctx, router.Host))
		}
	}
	return errors.Join(errs...)
}

// restartAll ends and starts all components of a host.
func (l *Lab) restartAll(ctx context.Context, host string) error {
	controller, err := lab.ComponentControllerOf(l.Lab)
	if err != nil {
		return err
	}
	var errs []error
	for key := range l.components {
		if key.host == host {
			errs = append(errs, controller.StopComponent(ctx, host, key.name), controller.StartComponent(ctx, host, key.name))
		}
	}
	return errors.Join(errs...)
}

// startWhatEnded starts components that do not run, and a BIRD that does not run its files
// again.
func (l *Lab) startWhatEnded(ctx context.Context) error {
	controller, err := lab.ComponentControllerOf(l.Lab)
	if errors.Is(err, lab.ErrUnable) {
		return nil // nobody has ended one
	}
	components, err := controller.Components(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range components {
		if c.State == supervisor.Stopped || c.State == supervisor.Dead {
			errs = append(errs, controller.StartComponent(ctx, c.Host, c.Name))
		}
	}
	for _, node := range l.topology.CalicoNodes() {
		host, err := l.Host(node.Name)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if stale, err := observe.StaleBIRD(ctx, host, node.Families(), time.Time{}); err == nil && stale != "" {
			errs = append(errs, controller.StopComponent(ctx, node.Name, BIRD), controller.StartComponent(ctx, node.Name, BIRD))
		}
	}
	return errors.Join(errs...)
}

// lastingTime is how long a fault has to last before it counts while a spec's own changes
// are still on their way: confd and BIRD take a few hundred milliseconds.
const lastingTime = 2 * time.Second

// lasting returns a fault that is there at every look for lastingTime.
func (l *Lab) lasting(ctx context.Context, look func(context.Context) fault) fault {
	var first, last fault
	_ = wait.PollUntilContextTimeout(ctx, poll, lastingTime, true, func(ctx context.Context) (bool, error) {
		if last = look(ctx); first.none() {
			first = last
		}
		return last.none() || last != first, nil
	})
	if last != first {
		return fault{} // confd and BIRD are at work
	}
	return last
}

// unaskedEnd returns the components that have ended though no spec asked for it.
func (l *Lab) unaskedEnd(ctx context.Context) fault {
	now, err := l.componentsNow(ctx)
	if err != nil {
		return fault{} // who cannot look has seen nothing
	}
	for key, c := range now {
		if c.State == supervisor.Dead && !l.askedFor[key] {
			return fault{invariant: componentsRun, text: fmt.Sprintf("%s is %s: %s", key, c.State, c.Error)}
		}
	}
	return fault{invariant: nothingRestarted, text: restarted(l.components, now, l.askedFor)}
}
