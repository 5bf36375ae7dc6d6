package serviceips

import (
	"context"
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// services is how many services there are at once.
const services = 50

// many is requirement G4.
func many(lab *Lab) {
	Context("many services", Label("routes", "changes", "scale"), func() {
		Requirement("SVC-050", "the addresses of 50 services that come at once MUST all be announced, and all be withdrawn when the services go", func(ctx SpecContext) {
			made := lab.NewServices(ctx, services, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			addresses := make([]netip.Prefix, 0, services)
			for _, service := range made {
				addresses = append(addresses, Single(service.ClusterIP))
			}
			Eventually(announcedAt).WithContext(ctx).WithArguments(lab, addresses).Should(Equal(services*len(fabricHosts(lab))), "routes to the services at leaves and spines")
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())

			lab.DeleteServices(ctx, made)
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			Expect(announcedAt(ctx, lab, addresses)).To(BeZero(), "routes to the services at leaves and spines")
		})
	})
}

func fabricHosts(lab *Lab) []topology.Host {
	return append(lab.Topology().Leaves(), lab.Topology().Spines()...)
}

// announcedAt counts the routes that leaves and spines have to some addresses.
func announcedAt(ctx context.Context, lab *Lab, addresses []netip.Prefix) (int, error) {
	count := 0
	for _, host := range fabricHosts(lab) {
		table, err := lab.KernelTable(ctx, host.Name)
		if err != nil {
			return 0, err
		}
		count += len(table.Within(addresses...))
	}
	return count, nil
}
