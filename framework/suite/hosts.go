package suite

import (
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/topology"
)

// Node is a host of the topology.
func (l *Lab) Node(name string) topology.Host {
	ginkgo.GinkgoHelper()
	host, ok := l.topology.Host(name)
	gomega.Expect(ok).To(gomega.BeTrue(), "topology %s has no host %s", l.topology.Name, name)
	return *host
}

// NodeIP is a host's own address in the fabric, and a node's node IP.
func (l *Lab) NodeIP(host string) netip.Addr {
	ginkgo.GinkgoHelper()
	return l.Node(host).Address()
}

// NodeInterface names the interface of a node that has the node IP.
func (l *Lab) NodeInterface(node string) string {
	ginkgo.GinkgoHelper()
	return l.Node(node).Interfaces[0].Name
}
