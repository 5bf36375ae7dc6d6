package vxlan

import (
	"context"
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	hosts "github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/suite"
)

// expectSeenAs expects that a place reaches a pod, and that the pod sees an address.
func expectSeenAs(ctx context.Context, from hosts.Host, to Pod, as netip.Addr) {
	GinkgoHelper()
	answer, err := probe.Ask(ctx, from, to.Address)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.Server).To(Equal(to.PodName), "from %s to the pod on %s", from.Name(), to.Node)
	Expect(answer.Client.Addr()).To(Equal(as), "from %s to the pod on %s", from.Name(), to.Node)
}
