package suite

import (
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// Node is a host of the topology.
func (l *Lab) Node(name string) topology.Host {
	ginkgo.GinkgoHelper()
	host, ok := l.topology.Host(name)
	gomega.Expect(ok).To(gomega.BeTrue(), "topology %s has no host %s", l.topology.Name, name)
	return *host
}

// At finds a host of the lab.
func (l *Lab) At(name string) lab.Host {
	ginkgo.GinkgoHelper()
	host, err := l.Host(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), fmt.Sprintf("find host %s", name))
	return host
}
