package serviceips

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/path"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Communities of the specs, in the AS numbers kept for documentation (RFC 5398).
const (
	standard      = "64496:100"
	otherStandard = "64496:200"
	large         = "64496:1:2"
)

// communities is requirement G22.
func communities(lab *suite.Lab) {
	Context("communities", Label("communities", "changes"), func() {
		onLeaves := func(host topology.Host, _ path.Path) bool { return host.Role == topology.Leaf }

		Requirement("SVC-040", "what is inside an advertised prefix MUST carry the prefix's standard and large communities at the leaf, and nothing else carry any", func(ctx SpecContext) {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.PrefixAdvertisements = []v3.PrefixAdvertisement{{CIDR: lab.Topology().Services.First().String(), Communities: []string{standard, large}}}
			})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), everyNode(lab)...)
			Eventually(expect.Paths(lab, onLeaves)).WithContext(ctx).Should(expect.Agree())
			expectCommunities(ctx, lab, func(p path.Path) []string {
				if route.Contains(lab.Topology().Services.First(), p.Prefix) {
					return []string{standard, large}
				}
				return nil
			})
			for _, leaf := range lab.Topology().Leaves() {
				paths, err := observed.Paths(ctx, lab, leaf.Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(paths.To(route.Single(service.ClusterIP))).NotTo(BeEmpty(), "paths of %s to an address inside", leaf.Name)
			}
		})

		Requirement("SVC-041", "a pod network's communities MUST be on every block of it", func(ctx SpecContext) {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.PrefixAdvertisements = []v3.PrefixAdvertisement{{CIDR: lab.Topology().Pods.First().String(), Communities: []string{otherStandard}}}
			})
			Eventually(expect.Paths(lab, onLeaves)).WithContext(ctx).Should(expect.Agree())
			expectCommunities(ctx, lab, func(p path.Path) []string {
				if lab.Topology().Pods.Contains(p.Prefix.Addr()) {
					return []string{otherStandard}
				}
				return nil
			})
		})

		Requirement("SVC-042", "a community that has a name MUST be sent by its value", func(ctx SpecContext) {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.Communities = []v3.Community{{Name: "services", Value: standard}, {Name: "anycast", Value: large}}
				spec.PrefixAdvertisements = []v3.PrefixAdvertisement{{CIDR: lab.Topology().Services.First().String(), Communities: []string{"services", "anycast"}}}
			})
			Eventually(expect.Paths(lab, onLeaves)).WithContext(ctx).Should(expect.Agree())
			expectCommunities(ctx, lab, func(p path.Path) []string {
				if p.Prefix == lab.Topology().Services.First() {
					return []string{standard, large}
				}
				return nil
			})
		})

		Requirement("SVC-043", "a node's own BGPConfiguration MUST replace the communities of all nodes, for that node alone", func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.PrefixAdvertisements = []v3.PrefixAdvertisement{{CIDR: lab.Topology().Services.First().String(), Communities: []string{standard}}}
			})
			lab.ApplyBGPConfiguration(ctx, node.Name, v3.BGPConfigurationSpec{
				PrefixAdvertisements: []v3.PrefixAdvertisement{{CIDR: lab.Topology().Services.First().String(), Communities: []string{otherStandard}}},
			})
			Eventually(expect.Paths(lab, onLeaves)).WithContext(ctx).Should(expect.Agree())
			own, want := 0, 0
			for _, leaf := range lab.Topology().Leaves() {
				for _, n := range lab.Topology().Nodes() {
					if n.Rack == leaf.Rack && leaf.Rack == node.Rack {
						want++
					}
				}
				paths, err := observed.Paths(ctx, lab, leaf.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, p := range paths.To(lab.Topology().Services.First()) {
					switch sender, _ := lab.Topology().HostOf(p.Peer); {
					case sender == node.Name:
						Expect(p.Communities).To(ConsistOf(otherStandard), "%s: %s", leaf.Name, p)
						own++
					case leaf.Rack == node.Rack && hostRole(lab, sender) == topology.Node:
						Expect(p.Communities).To(ConsistOf(standard), "%s: %s", leaf.Name, p)
						own++
					}
				}
			}
			Expect(own).To(Equal(want), "paths to the cluster IPs that leaves have from the nodes of the rack")
		})
	})
}

// expectCommunities looks at what every leaf has from its nodes.
func expectCommunities(ctx SpecContext, lab *suite.Lab, want func(path.Path) []string) {
	GinkgoHelper()
	tagged, plain := 0, 0
	for _, leaf := range lab.Topology().Leaves() {
		paths, err := observed.Paths(ctx, lab, leaf.Name)
		Expect(err).NotTo(HaveOccurred())
		for _, p := range paths {
			communities := want(p)
			if len(communities) > 0 {
				tagged++
			} else {
				plain++
			}
			Expect(p.Communities).To(ConsistOf(communities), "%s: %s", leaf.Name, p)
		}
	}
	Expect(tagged).To(BeNumerically(">", 0), "paths that have to carry communities")
	Expect(plain).To(BeNumerically(">", 0), "paths that must carry none")
}

func hostRole(lab *suite.Lab, name string) topology.Role {
	host, ok := lab.Topology().Host(name)
	if !ok {
		return ""
	}
	return host.Role
}
