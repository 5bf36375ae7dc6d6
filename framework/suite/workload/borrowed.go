package workload

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// NewPodWithBorrowedAddress runs a pod on the second node of a pair until the spec ends,
// with an address of a block of the first.
func NewPodWithBorrowedAddress(ctx context.Context, l *suite.Lab, p observed.NodePair) Pod {
	ginkgo.GinkgoHelper()
	address := lastAddress(p.From.Blocks[0])
	pod := newPodWithAddress(ctx, l, p.To.Name, address)
	gomega.Expect(pod.Address.Addr()).To(gomega.Equal(address), "the pod has the address that it asked for")
	return pod
}

// lastAddress is the last address of a block, which IPAM gives to nobody for long.
func lastAddress(block netip.Prefix) netip.Addr {
	address := block.Addr()
	for next := address; block.Contains(next); next = next.Next() {
		address = next
	}
	return address
}
