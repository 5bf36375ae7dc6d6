package canal

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

func leases(lab *suite.Lab) {
	Context("leases", Label("routes"), func() {
		Requirement("CAN-001", "each node MUST have a subnet of the pod network of its own, with its pods in it, and its flannel publish the node IP and the hardware address of flannel.1", func(ctx SpecContext) {
			owner := map[string]string{}
			pods := workload.Pods(ctx, lab)
			for _, n := range observed.Nodes(ctx, lab) {
				Expect(n.Blocks).To(HaveLen(1), n.Name)
				subnet := n.Blocks[0]
				Expect(owner).NotTo(HaveKey(subnet.String()), n.Name)
				owner[subnet.String()] = n.Name
				within := false
				for _, network := range lab.Topology().Pods {
					within = within || route.Contains(network, subnet)
				}
				Expect(within).To(BeTrue(), "%s of %s is in the pod network", subnet, n.Name)
				Expect(subnet.Contains(pods[n.Name].Address.Addr())).To(BeTrue(), "the pod on %s has %s, and the node %s", n.Name, pods[n.Name].Address, subnet)

				published := map[string]string{
					calico.FlannelBackendAnnotation: string(calico.FlannelVXLAN),
					calico.FlannelAddressAnnotation: lab.Node(n.Name).Address().String(),
					calico.FlannelDataAnnotation:    fmt.Sprintf(`{"VNI":1,"VtepMAC":%q}`, wire.DeviceOf(lab, n.Name, calico.FlannelDevice).HardwareAddress),
				}
				for annotation, want := range published {
					text, err := lab.Calico.NodeAnnotation(ctx, n.Name, annotation)
					Expect(err).NotTo(HaveOccurred())
					Expect(text).To(HaveValue(Equal(want)), "%s of %s", annotation, n.Name)
				}
			}
		})
	})
}
