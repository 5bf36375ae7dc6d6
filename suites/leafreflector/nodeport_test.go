package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// The ports of article 1's service `app`: on the service, and on every node. It sends to its
// pods' port, which is 80 in the article.
const (
	articlesPort     = 8080
	articlesNodePort = 32000
)

// nodePort is article 1's service.
func nodePort(lab *suite.Lab) {
	Context("the article's service", Label("traffic", "article"), func() {
		Requirement("LEAF-072", "article 1's NodePort MUST answer a client outside at every node's address, from pods of this and of other nodes", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Port: articlesPort, NodePort: articlesNodePort})
			for _, client := range lab.Topology().ByRole(topology.Client) {
				for _, node := range lab.Topology().Nodes() {
					servers := map[string]int{}
					for _, c := range wire.EveryWayAnswers(ctx, lab, lab.From(client.Name), service.NodeAddr(node.Address()), []string{node.Name}) {
						servers[c.ServerNode]++
					}
					// With the policy Cluster kube-proxy takes any of them.
					Expect(servers).To(HaveLen(len(lab.Topology().Nodes())), "the nodes whose pods answered at %s", node.Name)
				}
			}
		})
	})
}
