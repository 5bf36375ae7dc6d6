package fuzz

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/oracle"
)

// Numbers of defects of Calico (docs/known-issues.md) that a random state may run into. The
// oracle has what Calico promises there, so that such a state would differ for a reason that
// is known.
const (
	singleOfClusterIP = "projectcalico/calico#10945"
	singleInStatus    = "projectcalico/calico#11917"
	singleReflected   = "projectcalico/calico#13341"
)

// knownIssue is the number of a defect of Calico that a state runs into; empty if none is
// known.
func knownIssue(s oracle.State) string {
	configuration, _ := s.Resources.Configuration()
	var external, loadBalancer []netip.Addr
	for _, block := range configuration.Spec.ServiceExternalIPs {
		external = appendSingle(external, block.CIDR)
	}
	for _, block := range configuration.Spec.ServiceLoadBalancerIPs {
		loadBalancer = appendSingle(loadBalancer, block.CIDR)
	}
	reflector := slices.ContainsFunc(s.Nodes, func(n oracle.Node) bool { return n.ReflectorClusterID != "" })
	for _, service := range s.Services {
		switch {
		case shared(service.LoadBalancerIPs, loadBalancer):
			return singleInStatus
		case !shared(service.ExternalIPs, external):
		case service.Type == corev1.ServiceTypeClusterIP:
			return singleOfClusterIP
		case reflector:
			return singleReflected
		}
	}
	return ""
}

func appendSingle(list []netip.Addr, cidr string) []netip.Addr {
	if p, err := netip.ParsePrefix(cidr); err == nil && p.IsSingleIP() {
		list = append(list, p.Addr())
	}
	return list
}

func shared(a, b []netip.Addr) bool {
	return slices.ContainsFunc(a, func(address netip.Addr) bool { return slices.Contains(b, address) })
}
