package serviceips

import (
	"context"
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// services is how many services there are at once.
const services = 50

// many is requirement G4.
func many(lab *suite.Lab) {
	Context("many services", Label("routes", "changes", "scale"), func() {
		Requirement("SVC-050", "the addresses of 50 services that come at once MUST all be announced, and all be withdrawn when the services go", func(ctx SpecContext) {
			made := workload.NewServices(ctx, lab, services, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			addresses := make([]netip.Prefix, 0, services)
			for _, service := range made {
				addresses = append(addresses, route.Single(service.ClusterIP))
			}
			Eventually(announcedAt).WithContext(ctx).WithArguments(lab, addresses).Should(Equal(services*len(fabricHosts(lab))), "routes to the services at leaves and spines")
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())

			workload.DeleteServices(ctx, lab, made)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Expect(announcedAt(ctx, lab, addresses)).To(BeZero(), "routes to the services at leaves and spines")
		})
	})
}

func fabricHosts(lab *suite.Lab) []topology.Host {
	return append(lab.Topology().Leaves(), lab.Topology().Spines()...)
}

// announcedAt counts the routes that leaves and spines have to some addresses.
func announcedAt(ctx context.Context, lab *suite.Lab, addresses []netip.Prefix) (int, error) {
	count := 0
	for _, host := range fabricHosts(lab) {
		table, err := observed.KernelTable(ctx, lab, host.Name)
		if err != nil {
			return 0, err
		}
		count += len(table.Within(addresses...))
	}
	return count, nil
}
