package agreement

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/agreement"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// agree compares a lab with an embedded one of the same topology and mode. Each of the
// two agrees with the oracle when its specs begin. The oracle takes no part here, so
// that its own gaps show as well.
func agree(embedded, other *suite.Lab) {
	embedded.Use()
	other.Use()

	// Without the label sessions: what the design has and neither lab runs is no difference, and
	// an end that comes and goes may be up when both are read.
	Requirement("AGR-001", "both labs MUST have the same BGP sessions on every host", func(ctx SpecContext) {
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Sessions).Should(BeEmpty())
	})

	Requirement("AGR-002", "both labs MUST have the same routes in the main table of every host, but for the names of blocks and pods", Label("routes"), func(ctx SpecContext) {
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Routes).Should(BeEmpty())
	})

	Requirement("AGR-003", "both labs MUST announce services alike, ranges and the single addresses of a service with externalTrafficPolicy Local", Label("routes"), func(ctx SpecContext) {
		for _, lab := range []*suite.Lab{embedded, other} {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: lab.Topology().Services.First().String()}}
			})
			announceLocally(ctx, lab)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		}
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Routes).Should(BeEmpty())
	})
}

// announceLocally makes a service with externalTrafficPolicy Local whose only pod is on
// the last node.
func announceLocally(ctx context.Context, lab *suite.Lab) {
	GinkgoHelper()
	nodes := lab.Topology().Nodes()
	d := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(nodes[len(nodes)-1].Name))
	d.Ready(ctx)
	workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: d, Type: corev1.ServiceTypeNodePort, Local: true})
}

// differences tells how two labs differ now; nothing where they agree.
func differences(ctx context.Context, first, second *suite.Lab, compare func(a, b agreement.View) diff.Hosts[agreement.Line]) (string, error) {
	a, err := viewOf(ctx, first)
	if err != nil {
		return "", err
	}
	b, err := viewOf(ctx, second)
	if err != nil {
		return "", err
	}
	// A table without routes would agree with another one.
	if len(a.Tables) == 0 || len(a.Sessions) == 0 {
		return "nothing could be seen", nil
	}
	return compare(a, b).String(), nil
}

// viewOf is a lab's present state, sessions and tables.
func viewOf(ctx context.Context, lab *suite.Lab) (agreement.View, error) {
	var view agreement.View
	var err error
	if view.State, err = lab.State(ctx); err != nil {
		return view, err
	}
	if view.Sessions, err = observe.Sessions(ctx, lab.Lab); err != nil {
		return view, err
	}
	view.Tables, err = observe.KernelTables(ctx, lab.Lab)
	return view, err
}
