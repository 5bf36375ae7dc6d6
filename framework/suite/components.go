package suite

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// Components of a node.
const (
	// BIRD is a node's BGP.
	BIRD = "bird"
	// Confd writes BIRD's configuration from Calico's resources.
	Confd = "calico-confd"
)

// StopComponent ends a component of a host in good order, until the spec ends or
// StartComponent is called.
func (l *Lab) StopComponent(ctx context.Context, host, name string) {
	ginkgo.GinkgoHelper()
	l.endComponent(ctx, host, name, "stop", lab.ComponentController.StopComponent)
}

// KillComponent ends a component of a host by SIGKILL, as a crash does, until the
// spec ends or StartComponent is called.
func (l *Lab) KillComponent(ctx context.Context, host, name string) {
	ginkgo.GinkgoHelper()
	l.endComponent(ctx, host, name, "kill", lab.ComponentController.KillComponent)
}

// endComponent ends a component in one of two ways. At the end of the spec the component
// starts again if it does not run then.
func (l *Lab) endComponent(ctx context.Context, host, name, way string, end func(controller lab.ComponentController, ctx context.Context, host, name string) error) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.RestartComponents)
	controller := l.componentController()
	l.asked(host, name)
	ended := false
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		if !ended {
			// The spec's time was over before the component's end, which may still be to come.
			succeed(controller.StopComponent(ctx, host, name), "stop %s on %s", name, host)
		}
		components, err := controller.Components(ctx)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		stopped := slices.ContainsFunc(components, func(c supervisor.Status) bool {
			return c.Host == host && c.Name == name && (c.State == supervisor.Stopped || c.State == supervisor.Dead)
		})
		if stopped {
			l.startComponent(ctx, host, name)
		}
	})
	succeed(end(controller, ctx, host, name), "%s %s on %s", way, name, host)
	ended = true
}

// StartComponent starts a component that was stopped or killed.
func (l *Lab) StartComponent(ctx context.Context, host, name string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.RestartComponents)
	l.startComponent(ctx, host, name)
}

func (l *Lab) startComponent(ctx context.Context, host, name string) {
	ginkgo.GinkgoHelper()
	l.asked(host, name)
	succeed(l.componentController().StartComponent(ctx, host, name), "start %s on %s", name, host)
}

func (l *Lab) componentController() lab.ComponentController {
	ginkgo.GinkgoHelper()
	controller, err := lab.ComponentControllerOf(l.Lab)
	succeed(err, "stop and start components")
	return controller
}

// Components are the states of all components.
func (l *Lab) Components(ctx context.Context) []supervisor.Status {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ListComponents)
	lister, err := lab.ComponentListerOf(l.Lab)
	succeed(err, "list the components")
	components, err := lister.Components(ctx)
	succeed(err, "list the components")
	return components
}
