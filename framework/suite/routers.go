package suite

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

// ConfigureRouters makes routers of the fabric do something else until the spec
// ends: change is given what they do now, by host, and changes it. The oracle
// expects from then on what the changed routers do.
func (l *Lab) ConfigureRouters(ctx context.Context, change func(plan map[string]*fabric.Router)) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ConfigureRouters)
	before := l.Routers()
	after, err := changed(before, change)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { l.configure(ctx, before) })
	l.configure(ctx, after)
}

// RouterThat names the first of some routers whose software takes a change of what it
// does. Where none does, the spec is unable.
func (l *Lab) RouterThat(change func(*fabric.Router), hosts ...string) string {
	ginkgo.GinkgoHelper()
	host, err := able(l.Routers(), change, hosts)
	succeed(err, "find a router")
	return host
}

// able finds the first of some routers whose software takes a change. The error is
// lab.ErrUnable, and says why none does.
func able(routers []fabric.Router, change func(*fabric.Router), hosts []string) (string, error) {
	var refused []string
	for _, router := range routers {
		if !slices.Contains(hosts, router.Host) {
			continue
		}
		change(&router)
		driver, err := drivers.Of(router.Software)
		if err == nil {
			err = driver.Check(router)
		}
		if err == nil {
			return router.Host, nil
		}
		refused = append(refused, fmt.Sprintf("%s: %v", router.Host, err))
	}
	return "", fmt.Errorf("%w: no router does what the spec asks for: %s", lab.ErrUnable, strings.Join(refused, "; "))
}

// configure makes the routers do what is wanted of them, those that do something
// else now.
func (l *Lab) configure(ctx context.Context, wanted []fabric.Router) {
	ginkgo.GinkgoHelper()
	controller, err := lab.RouterControllerOf(l.Lab)
	succeed(err, "configure the routers")
	for i, router := range wanted {
		if reflect.DeepEqual(router, l.routers[i]) {
			continue
		}
		// Before the attempt: one that fails half way is not what it was, either.
		l.routers[i] = router
		l.askedRouter(router.Host)
		succeed(controller.ConfigureRouter(ctx, router), "configure router %s", router.Host)
	}
}

// Routers is what the routers of the fabric are configured to do, in the
// order of the topology.
func (l *Lab) Routers() []fabric.Router {
	routers := make([]fabric.Router, 0, len(l.routers))
	for _, router := range l.routers {
		routers = append(routers, router.Clone())
	}
	return routers
}

// changed returns copies of routers that change has modified.
func changed(routers []fabric.Router, change func(plan map[string]*fabric.Router)) ([]fabric.Router, error) {
	after := make([]fabric.Router, len(routers))
	plan := map[string]*fabric.Router{}
	for i, router := range routers {
		after[i] = router.Clone()
		plan[router.Host] = &after[i]
	}
	change(plan)
	for i, router := range routers {
		planned, ok := plan[router.Host]
		if !ok || planned == nil || planned.Host != router.Host {
			return nil, fmt.Errorf("the plan has no router %s any more: change what it does, not which there are", router.Host)
		}
		after[i] = *planned
		delete(plan, router.Host)
	}
	if len(plan) > 0 {
		return nil, fmt.Errorf("the plan has routers that the lab does not: %v", slices.Sorted(maps.Keys(plan)))
	}
	return after, nil
}
