package oracle

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
)

// Service is a Kubernetes service as far as its addresses are announced.
type Service struct {
	Namespace, Name string
	Type            corev1.ServiceType
	// ClusterIPs are empty for a headless service.
	ClusterIPs  []netip.Addr
	ExternalIPs []netip.Addr
	// LoadBalancerIPs are those that the service has got, in its status.
	LoadBalancerIPs []netip.Addr
	// Local says that externalTrafficPolicy is Local.
	Local     bool
	Endpoints []Endpoint
}

// Endpoint is a pod behind a service.
type Endpoint struct {
	// Node is where it runs; empty for an address outside the cluster.
	Node  string
	Ready bool
}

// excludeLabel keeps a node from announcing any service address
// (ExcludeServiceAdvertisement in confd's client.go).
const excludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers"

// announcements are the service addresses that a node originates, and those that
// it keeps out of its kernel.
type announcements struct {
	// originated have a static blackhole route in BIRD each (`/staticroutes`).
	originated []netip.Prefix
	// rejected are kept out of the kernel with everything inside (`/rejectcidrs`),
	// whether the node originates them or learns them.
	rejected []netip.Prefix
	// reflected are what a route reflector passes on beyond what it originates.
	reflected []netip.Prefix
}

// serviceRanges are the ranges of a BGPConfiguration.
type serviceRanges struct {
	cluster, external, loadBalancer []netip.Prefix
	// aggregated says that the range of LoadBalancer IPs is announced as a whole.
	aggregated bool
}

func (s State) serviceRanges() serviceRanges {
	c, _ := s.Resources.Configuration()
	r := serviceRanges{aggregated: true}
	add := func(ranges *[]netip.Prefix, cidr string) {
		p, _ := netip.ParsePrefix(cidr) // check has parsed it
		*ranges = append(*ranges, p)
	}
	for _, block := range c.Spec.ServiceClusterIPs {
		add(&r.cluster, block.CIDR)
	}
	for _, block := range c.Spec.ServiceExternalIPs {
		add(&r.external, block.CIDR)
	}
	for _, block := range c.Spec.ServiceLoadBalancerIPs {
		add(&r.loadBalancer, block.CIDR)
	}
	if a := c.Spec.ServiceLoadBalancerAggregation; a != nil {
		r.aggregated = *a != v3.ServiceLoadBalancerAggregationDisabled
	}
	return r
}

// whole are the ranges that are announced whatever services there are: all but
// single external and LoadBalancer IPs, which are announced for a service that has
// them (onExternalIPsUpdate and onLoadBalancerIPsUpdate in confd's client.go). A
// range that is there twice counts once.
func (r serviceRanges) whole() []netip.Prefix {
	all := slices.Clone(r.cluster)
	ranges := r.external
	if r.aggregated {
		ranges = slices.Concat(r.external, r.loadBalancer)
	}
	all = append(all, slices.DeleteFunc(slices.Clone(ranges), netip.Prefix.IsSingleIP)...)
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// announcements follows confd: updateGlobalRoutes in client.go for whole ranges,
// routes.go for single services. Where v3.31.0 does not do what Calico promises,
// this is what it promises:
//
//   - only ready endpoints count (PR #13246), and those of all of a service's
//     endpoint slices at any time, also when one of several changes or goes (#13246,
//     #11502) or there is none left;
//   - an address that is a range of its own is announced for a service of whatever
//     type (#10945), and also when it is in the service's status alone (#11917);
//   - reflectors pass external IPs on as they pass LoadBalancer IPs on (#13341).
//
// One oddity is intended: an address that is a range of its own is a blackhole on the
// nodes that announce it (#9152), a service that is announced for one such address is
// announced with all its addresses, and an excluded reflector does not pass single
// cluster IPs on.
func (s State) announcements(m member) announcements {
	ranges := s.serviceRanges()
	a := announcements{rejected: ranges.whole()}
	if m.ReflectorClusterID != "" {
		a.reflected = slices.Concat(ranges.loadBalancer, ranges.external)
	}
	if m.Labels[excludeLabel] == "true" {
		return a
	}
	a.originated = ranges.whole()
	for _, service := range s.Services {
		if !ranges.announces(service, m.Name) {
			continue
		}
		for _, address := range ranges.allowed(service) {
			if p := route.Single(address); !slices.Contains(a.originated, p) {
				a.originated = append(a.originated, p)
			}
		}
	}
	return a
}

// announces reports whether a node announces a service's addresses one by one
// (advertiseThisService in routes.go).
func (r serviceRanges) announces(service Service, node string) bool {
	switch service.Type {
	case corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer:
	default:
		return false
	}
	if len(service.ClusterIPs) == 0 {
		return false
	}
	if !service.Local && (single(r.external, service.ExternalIPs) ||
		service.Type == corev1.ServiceTypeLoadBalancer && single(r.loadBalancer, service.LoadBalancerIPs)) {
		return true
	}
	if !service.Local && r.aggregated {
		return false
	}
	return slices.ContainsFunc(service.Endpoints, func(e Endpoint) bool {
		return e.Ready && (!service.Local || e.Node == node)
	})
}

// single reports whether one of the addresses is a range of its own.
func single(ranges []netip.Prefix, addresses []netip.Addr) bool {
	return slices.ContainsFunc(addresses, func(a netip.Addr) bool {
		return slices.Contains(ranges, route.Single(a))
	})
}

// allowed are the service's addresses that may be announced
// (getAllRoutesForService in routes.go): all cluster IPs if any range of them is
// announced, the others if they are inside their ranges.
func (r serviceRanges) allowed(service Service) []netip.Addr {
	var all []netip.Addr
	if len(r.cluster) > 0 {
		all = append(all, service.ClusterIPs...)
	}
	within := func(ranges []netip.Prefix, addresses []netip.Addr) {
		for _, a := range addresses {
			if slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(a) }) {
				all = append(all, a)
			}
		}
	}
	within(r.external, service.ExternalIPs)
	within(r.loadBalancer, service.LoadBalancerIPs)
	return all
}

// programs reports whether the kernel filter's first part, which is about services,
// lets a path through (calico_kernel_programming in bird_ipam.cfg.template).
func (a announcements) programs(best bgp.Path) bool {
	return !slices.ContainsFunc(a.rejected, func(p netip.Prefix) bool { return route.Contains(p, best.Prefix) })
}
