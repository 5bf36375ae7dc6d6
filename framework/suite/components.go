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
	requirement.Using(requirement.RestartComponents)
	controller := l.componentController()
	l.asked(host, name)
	l.startAgain(host, name)
	succeed(controller.StopComponent(ctx, host, name), "stop %s on %s", name, host)
}

// KillComponent ends a component of a host by SIGKILL, as a crash does, until the
// spec ends or StartComponent is called.
func (l *Lab) KillComponent(ctx context.Context, host, name string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.RestartComponents)
	controller := l.componentController()
	l.asked(host, name)
	l.startAgain(host, name)
	succeed(controller.KillComponent(ctx, host, name), "kill %s on %s", name, host)
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

// startAgain starts a component at the end of the spec if it does not run then.
func (l *Lab) startAgain(host, name string) {
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		components, err := l.componentController().Components(ctx)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		stopped := slices.ContainsFunc(components, func(c supervisor.Status) bool {
			return c.Host == host && c.Name == name && (c.State == supervisor.Stopped || c.State == supervisor.Dead)
		})
		if stopped {
			l.startComponent(ctx, host, name)
		}
	})
}
