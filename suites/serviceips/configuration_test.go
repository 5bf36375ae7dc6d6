package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// announced are the ranges of service addresses that a BGPConfiguration names.
type announced struct{ cluster, external, loadBalancer []netip.Prefix }

// announce replaces the ranges that are announced, until the spec ends.
func announce(ctx SpecContext, lab *suite.Lab, ranges announced) {
	GinkgoHelper()
	lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
		spec.ServiceClusterIPs, spec.ServiceExternalIPs, spec.ServiceLoadBalancerIPs = nil, nil, nil
		for _, p := range ranges.cluster {
			spec.ServiceClusterIPs = append(spec.ServiceClusterIPs, v3.ServiceClusterIPBlock{CIDR: p.String()})
		}
		for _, p := range ranges.external {
			spec.ServiceExternalIPs = append(spec.ServiceExternalIPs, v3.ServiceExternalIPBlock{CIDR: p.String()})
		}
		for _, p := range ranges.loadBalancer {
			spec.ServiceLoadBalancerIPs = append(spec.ServiceLoadBalancerIPs, v3.ServiceLoadBalancerIPBlock{CIDR: p.String()})
		}
	})
}

// everyNode names all nodes.
func everyNode(lab *suite.Lab) []string { return topology.Names(lab.Topology().Nodes()) }

// halves are the two halves of a range.
func halves(p netip.Prefix) (lower, upper netip.Prefix) {
	GinkgoHelper()
	Expect(p.Bits()).To(BeNumerically("<", p.Addr().BitLen()), "%s can be divided", p)
	octets := p.Masked().Addr().AsSlice()
	octets[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	middle, _ := netip.AddrFromSlice(octets) // as many as they were
	return netip.PrefixFrom(p.Masked().Addr(), p.Bits()+1), netip.PrefixFrom(middle, p.Bits()+1)
}
