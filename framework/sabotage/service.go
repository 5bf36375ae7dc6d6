package sabotage

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// services are defects of services and of how they are announced.
func services() []Defect {
	return []Defect{
		{
			ID: "service-node-excluded", Kind: Service, What: "a node announces no service addresses, as a label says",
			Red: []string{"SVC-001|LOC-009"}, Green: []string{"sessions"},
			Aim: nodeExcluded,
		},
		{
			ID: "service-range-lost", Kind: Service, What: "the range of external IPs is not announced",
			Red: []string{"SVC-002|LOC-007", "SVC-076"}, Green: []string{"sessions"},
			Aim: rangeLost(func(spec *v3.BGPConfigurationSpec) *[]v3.ServiceExternalIPBlock { return &spec.ServiceExternalIPs }),
		},
		{
			ID: "service-cluster-range-lost", Kind: Service, What: "the range of cluster IPs is not announced",
			Red: []string{"SVC-001|LOC-001"}, Green: []string{"sessions"},
			Aim: rangeLost(func(spec *v3.BGPConfigurationSpec) *[]v3.ServiceClusterIPBlock { return &spec.ServiceClusterIPs }),
		},
		{
			ID: "service-load-balancer-range-lost", Kind: Service, What: "the range of LoadBalancer IPs is not announced",
			Red: []string{"SVC-003|LOC-008"}, Green: []string{"sessions"},
			Aim: rangeLost(func(spec *v3.BGPConfigurationSpec) *[]v3.ServiceLoadBalancerIPBlock {
				return &spec.ServiceLoadBalancerIPs
			}),
		},
		{
			ID: "service-source-hidden", Kind: Service, What: "every node hides clients outside behind its own address",
			Red: []string{"LEAF-032|NRR-031|RRR-032|TOR-020|LOC-040", "VXL-101|IPIP-091|CRS-081"}, Green: []string{"sessions", "routes"},
			Aim: sourceHidden,
		},
		{
			ID: "service-stale-endpoint", Kind: Service, What: "a node sends what is for services to an address that no pod has",
			Red: []string{"SVC-071|LOC-040"}, Green: []string{"sessions", "routes"},
			Aim: staleEndpoint,
		},
		{
			ID: "service-dropped", Kind: Service, What: "every node drops what comes for services, before kube-proxy sees it",
			Red: []string{"traffic", "LOC-043"}, Green: []string{"sessions", "routes"},
			Aim: servicesDropped,
		},
		{
			ID: "service-range-in-kernel", Kind: Service, What: "a node has a kernel route to the range of external IPs",
			Red: []string{"routes"}, Green: []string{"sessions"},
			Aim: rangeInKernel,
		},
		{
			ID: "service-foreign-announcer", Kind: Service, What: "a node announces an external IP without an endpoint for it",
			Red: []string{"SVC-002|LOC-007"}, Green: []string{"sessions"},
			Aim: foreignAnnouncer,
		},
	}
}

// announcing returns NoTarget unless the design announces services.
func (b *Bench) announcing() error {
	c, _ := b.State.Resources.Configuration()
	if len(c.Spec.ServiceClusterIPs)+len(c.Spec.ServiceExternalIPs)+len(c.Spec.ServiceLoadBalancerIPs) == 0 {
		return NoTarget("no range of services is announced")
	}
	return nil
}

// nodeExcluded labels a node.
func nodeExcluded(b *Bench) (Spoiling, error) {
	if err := b.announcing(); err != nil {
		return Spoiling{}, err
	}
	node := b.lastNode().Name
	label := func(ctx context.Context, value *string) error {
		return b.Calico.LabelNode(ctx, node, corev1.LabelNodeExcludeBalancers, value)
	}
	return Spoiling{
		Target:  node,
		Put:     func(ctx context.Context) error { return label(ctx, new("true")) },
		Undo:    func(ctx context.Context) error { return label(ctx, nil) },
		Present: b.exportsNot(node, b.announcedRanges()),
		Design: func(state *oracle.State) {
			state.Nodes = slices.Clone(state.Nodes)
			for i, n := range state.Nodes {
				if n.Name != node {
					continue
				}
				labels := map[string]string{}
				for key, value := range n.Labels {
					if key != corev1.LabelNodeExcludeBalancers {
						labels[key] = value
					}
				}
				state.Nodes[i].Labels = labels
			}
		},
	}, nil
}

// announcedRanges are the ranges of services that the design announces.
func (b *Bench) announcedRanges() []string {
	c, _ := b.State.Resources.Configuration()
	var ranges []string
	for _, r := range c.Spec.ServiceClusterIPs {
		ranges = append(ranges, r.CIDR)
	}
	for _, r := range c.Spec.ServiceExternalIPs {
		ranges = append(ranges, r.CIDR)
	}
	for _, r := range c.Spec.ServiceLoadBalancerIPs {
		ranges = append(ranges, r.CIDR)
	}
	return ranges
}

// exportsNot expects a node to export none of some prefixes.
func (b *Bench) exportsNot(node string, prefixes []string) func(context.Context) error {
	return func(ctx context.Context) error {
		exports, err := b.exports(ctx, node)
		if err != nil {
			return err
		}
		for _, p := range exports {
			if slices.Contains(prefixes, p.String()) {
				return fmt.Errorf("%s exports %s", node, p)
			}
		}
		return nil
	}
}

// rangeLost removes ranges from the BGPConfiguration.
func rangeLost[T any](of func(*v3.BGPConfigurationSpec) *[]T) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		c, _ := b.State.Resources.Configuration()
		before := slices.Clone(*of(&c.Spec))
		if len(before) == 0 {
			return Spoiling{}, NoTarget("no such range is announced")
		}
		without := c.Spec.DeepCopy()
		*of(without) = nil
		left := &Bench{State: oracle.State{}}
		left.State.Resources.BGPConfigurations = []v3.BGPConfiguration{{ObjectMeta: c.ObjectMeta, Spec: *without}}
		gone := slices.DeleteFunc(b.announcedRanges(), func(r string) bool { return slices.Contains(left.announcedRanges(), r) })
		return Spoiling{
			Target: fmt.Sprint(gone), Put: func(ctx context.Context) error {
				return b.Calico.UpdateBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { *of(spec) = nil })
			},
			Undo: func(ctx context.Context) error {
				return b.Calico.UpdateBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
					if len(*of(spec)) == 0 { // else a spec has restored them
						*of(spec) = before
					}
				})
			},
			Present: b.exportsNot(b.lastNode().Name, gone),
			Design: func(state *oracle.State) {
				state.Resources.BGPConfigurations = slices.Clone(state.Resources.BGPConfigurations)
				for i := range state.Resources.BGPConfigurations {
					found := &state.Resources.BGPConfigurations[i]
					if found.Name == c.Name && len(*of(&found.Spec)) == 0 {
						found.Spec = *found.Spec.DeepCopy()
						*of(&found.Spec) = before
					}
				}
			},
		}, nil
	}
}

// sourceHidden masquerades what comes from a client to pods.
func sourceHidden(b *Bench) (Spoiling, error) {
	clients := b.Lab.Topology().ByRole(topology.Client)
	if len(clients) == 0 {
		return Spoiling{}, NoTarget("the topology has no client")
	}
	return b.filterRule("all nodes", "nat", "POSTROUTING", b.Lab.Topology().Nodes(), "-s", clients[0].Address().String(), "-j", "MASQUERADE")
}

// staleEndpoint translates the service ranges of a node to the last address of its block.
func staleEndpoint(b *Bench) (Spoiling, error) {
	if err := b.announcing(); err != nil {
		return Spoiling{}, err
	}
	node := b.lastNode()
	block, err := b.block(node.Name)
	if err != nil {
		return Spoiling{}, err
	}
	return b.filterRule(node.Name, "nat", "PREROUTING", []topology.Host{node},
		"-d", b.Lab.Topology().ExternalIPs.First().String(), "-p", "tcp", "-j", "DNAT", "--to-destination", lastAddress(block).String())
}

// servicesDropped drops what comes for services' addresses.
func servicesDropped(b *Bench) (Spoiling, error) {
	if err := b.announcing(); err != nil {
		return Spoiling{}, err
	}
	t := b.Lab.Topology()
	var ranges []string
	for _, networks := range []topology.Networks{t.Services, t.ExternalIPs, t.LoadBalancerIPs} {
		if first := networks.First(); first.IsValid() {
			ranges = append(ranges, first.String())
		}
	}
	return b.filterRule("all nodes", "raw", "PREROUTING", t.Nodes(), "-d", strings.Join(ranges, ","), "-j", "DROP")
}

// foreignAnnounced is the external IP that a node announces without an endpoint, by its place
// in the range. LOC-007 has a service there, and other suites have none.
const foreignAnnounced = 60

// foreignAnnouncer has the first node's BIRD originate an external IP.
func foreignAnnouncer(b *Bench) (Spoiling, error) {
	if err := b.announcing(); err != nil {
		return Spoiling{}, err
	}
	r := b.Lab.Topology().ExternalIPs.First()
	if !r.IsValid() {
		return Spoiling{}, NoTarget("the topology has no range of external addresses")
	}
	address := r.Addr()
	for range foreignAnnounced {
		address = address.Next()
	}
	return b.originates(b.Lab.Topology().Nodes()[0], route.Single(address)), nil
}

// rangeInKernel gives a node a blackhole route to the range of external IPs.
func rangeInKernel(b *Bench) (Spoiling, error) {
	if err := b.announcing(); err != nil {
		return Spoiling{}, err
	}
	r := b.Lab.Topology().ExternalIPs.First()
	if r == (netip.Prefix{}) {
		return Spoiling{}, NoTarget("the topology has no range of external addresses")
	}
	return b.extraRoutes(extraRoute{host: b.lastNode().Name, prefix: r, kind: route.Blackhole}), nil
}
