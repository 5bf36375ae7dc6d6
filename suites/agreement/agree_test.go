package agreement

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/agreement"
	"github.com/rackproof/rackproof/framework/diff"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// ids are those of the requirements of one mode.
type ids struct{ sessions, routes, services string }

// agree compares a lab with an embedded one of the same topology and mode. Each of the
// two agrees with the oracle when its specs begin. The oracle takes no part here, so
// that its own gaps show as well.
func agree(embedded, other *Lab, ids ids) {
	embedded.Use()
	other.Use()

	Requirement(ids.sessions, "both labs MUST have the same BGP sessions on every host", Label("sessions"), func(ctx SpecContext) {
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Sessions).Should(BeEmpty())
	})

	Requirement(ids.routes, "both labs MUST have the same routes in the main table of every host, but for the names of blocks and pods", Label("routes"), func(ctx SpecContext) {
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Routes).Should(BeEmpty())
	})

	Requirement(ids.services, "both labs MUST announce services alike, ranges and the single addresses of a service with externalTrafficPolicy Local", Label("routes"), func(ctx SpecContext) {
		for _, lab := range []*Lab{embedded, other} {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: lab.Topology().Services.String()}}
			})
			announceLocally(ctx, lab)
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
		}
		Eventually(differences).WithContext(ctx).WithArguments(embedded, other, agreement.Routes).Should(BeEmpty())
	})
}

// announceLocally makes a service with externalTrafficPolicy Local whose only pod is on
// the last node.
func announceLocally(ctx context.Context, lab *Lab) {
	GinkgoHelper()
	nodes := lab.Topology().Nodes()
	d := lab.NewDeployment(ctx, 1, OnNodes(nodes[len(nodes)-1].Name))
	d.Ready(ctx)
	lab.NewService(ctx, ServiceOptions{Deployment: d, Type: corev1.ServiceTypeNodePort, Local: true})
}

// differences tells how two labs differ now; nothing where they agree.
func differences(ctx context.Context, first, second *Lab, compare func(a, b agreement.View) diff.Hosts[agreement.Line]) (string, error) {
	a, err := first.View(ctx)
	if err != nil {
		return "", err
	}
	b, err := second.View(ctx)
	if err != nil {
		return "", err
	}
	// A table without routes would agree with another one.
	if len(a.Tables) == 0 || len(a.Sessions) == 0 {
		return "nothing could be seen", nil
	}
	return compare(a, b).String(), nil
}
