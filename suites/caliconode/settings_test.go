package caliconode

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// advertised is the setting that names the cluster IPs to announce.
const advertised = "CALICO_ADVERTISE_CLUSTER_IPS"

// settings are those that calico-node has by its environment alone.
func settings(lab *suite.Lab) {
	Context("settings", Label("changes"), func() {
		Requirement("NODE-041", "a node whose calico-node has CALICO_ADVERTISE_CLUSTER_IPS MUST announce that range to every switch", Needs(Calicoctl, ListComponents, RestartCalicoNodes), Known("projectcalico/calico#2916"), func(ctx SpecContext) {
			node, services, later := lastNode(lab), lab.Topology().Services.First(), lab.Topology().ExternalIPs.First()
			// This range shows that the node has read the BGPConfiguration.
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: later.String()}}
			})
			lab.RestartCalicoNode(ctx, node, map[string]string{advertised: services.String()})
			expect.Ready(ctx, lab, node)
			announces := func(g Gomega, prefix netip.Prefix, announced bool) {
				GinkgoHelper()
				for _, leaf := range lab.Topology().Leaves() {
					matcher := ContainElement(node)
					if !announced {
						matcher = Not(matcher)
					}
					g.Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, leaf.Name, prefix).Should(matcher, "%s: %s", leaf.Name, prefix)
				}
			}
			announces(Default, later, true)
			Expect(calicoctl.Environment(ctx, lab, node, "calico-confd")).To(ContainElement(advertised+"="+services.String()), "confd's environment on %s", node)
			KnownIssue(ctx, lab, "projectcalico/calico#2916",
				func(g Gomega) { announces(g, services, true) },
				func(g Gomega) { announces(g, services, false) })
		})
	})
}
