package calico

import (
	"fmt"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RouteOwner says who programs a pool's routes on the nodes: those to other
// nodes' blocks, and the blackholes of a node's own.
type RouteOwner string

// The programs that can: Calico's two, and flannel where the pod network is flannel's.
const (
	// BIRDOwns: BIRD programs what it has learned by BGP.
	BIRDOwns RouteOwner = "bird"
	// FelixOwns: Felix programs what it reads in the datastore, and BIRD leaves the
	// pool alone.
	FelixOwns RouteOwner = "felix"
	// FlannelOwns: flannel's daemon programs what it reads of the nodes' subnets.
	FlannelOwns RouteOwner = "flannel"
)

// ClusterRoutes are the two settings programClusterRoutes that decide on the
// owner. An empty value is not set.
type ClusterRoutes struct {
	// Felix is that of the FelixConfiguration named default.
	Felix string
	// BGP is that of the BGPConfiguration named default, which v3.31 does not have.
	BGP string
}

// The values of programClusterRoutes. The last two came with v3.33.
const (
	routesEnabled            = "Enabled"
	routesDisabled           = "Disabled"
	routesEnabledIPIPOnly    = "EnabledIPIPOnly"
	routesEnabledNoEncapOnly = "EnabledNoEncapOnly"
)

// The versions of Calico in which the rules changed.
func v332() Version { return Version{3, 32} }
func v333() Version { return Version{3, 33} }

// Owner tells who programs the routes of a pool with an encapsulation in a version
// of Calico. Settings by which both would, or neither, are an error: Calico
// validates them against each other in no version.
//
// The rules are those of felix/config/config_params.go, Felix's dataplane
// (int_dataplane.go, ipip_mgr.go), confd's kernel filter and, from v3.33 on,
// design/cluster-route-programming/DESIGN.md:
//
//	                                   v3.31      v3.32      v3.33
//	VXLAN                              Felix, whatever is set
//	FelixConfiguration by default      Disabled   Disabled   EnabledIPIPOnly
//	BGPConfiguration by default        no field   Enabled    EnabledNoEncapOnly
//
// In v3.31 Felix programs IPIP routes "instead of BIRD" (so the API's reference)
// if it is told to. BIRD's templates do not know and have it program them too; Felix
// replaces what is there, and BIRD adds nothing to what is, so that Felix's stay. Routes
// of a pool without encapsulation both program then.
func (c ClusterRoutes) Owner(version Version, encapsulation Encapsulation) (RouteOwner, error) {
	if encapsulation.ViaVXLAN() {
		return FelixOwns, nil
	}
	felix, bird := c.programs(version, encapsulation.ViaIPIP())
	switch {
	case felix && bird:
		return "", fmt.Errorf("with programClusterRoutes %s Felix and BIRD both program the routes of a pool with encapsulation %s in Calico %s: leave them to one", c, encapsulation, version)
	case felix:
		return FelixOwns, nil
	case bird:
		return BIRDOwns, nil
	}
	return "", fmt.Errorf("with programClusterRoutes %s nobody programs the routes of a pool with encapsulation %s in Calico %s: leave them to Felix or to BIRD", c, encapsulation, version)
}

// programs reports whether Felix and BIRD program the routes of a pool that is not
// VXLAN.
func (c ClusterRoutes) programs(version Version, ipip bool) (felix, bird bool) {
	switch {
	case version.Compare(v332()) < 0:
		felix = setting(c.Felix, routesDisabled, routesEnabled) == routesEnabled
		return felix, !felix || !ipip
	case version.Compare(v333()) < 0:
		return setting(c.Felix, routesDisabled, routesEnabled) == routesEnabled,
			setting(c.BGP, routesEnabled, routesDisabled) == routesEnabled
	}
	covers := func(value string) bool {
		return value == routesEnabled || ipip && value == routesEnabledIPIPOnly || !ipip && value == routesEnabledNoEncapOnly
	}
	return covers(setting(c.Felix, routesEnabledIPIPOnly, routesEnabled, routesDisabled, routesEnabledNoEncapOnly)),
		covers(setting(c.BGP, routesEnabledNoEncapOnly, routesEnabled, routesDisabled, routesEnabledIPIPOnly))
}

// setting is a value of a setting, or its default where it is not set or is not
// one of the other values that it can have.
func setting(value, byDefault string, others ...string) string {
	if slices.Contains(others, value) {
		return value
	}
	return byDefault
}

// OfFelix is Felix's setting in v3.31, also where it is the default.
func (c ClusterRoutes) OfFelix() string { return setting(c.Felix, routesDisabled, routesEnabled) }

// String names the settings that are set.
func (c ClusterRoutes) String() string {
	text := func(value string) string {
		if value == "" {
			return "unset"
		}
		return value
	}
	return fmt.Sprintf("%s (FelixConfiguration) and %s (BGPConfiguration)", text(c.Felix), text(c.BGP))
}

// ClusterRoutes are the resources' settings. The API module, that of v3.31, has
// none in BGPConfiguration.
func (r Resources) ClusterRoutes() ClusterRoutes {
	var c ClusterRoutes
	if felix, ok := r.FelixConfiguration(); ok && felix.Spec.ProgramClusterRoutes != nil {
		c.Felix = *felix.Spec.ProgramClusterRoutes
	}
	return c
}

// RejectedTunnels are the devices whose routes a node does not tell other nodes of in a
// version of Calico: those of reject_tunnel_routes in BIRD's export filter. It has tunl0
// since v3.33, where Felix owns IPIP by default (projectcalico/calico#13470); before, the
// filter counts on BIRD's making these routes, which it does not tell on by itself.
func RejectedTunnels(version Version) []string {
	if version.Compare(v333()) < 0 {
		return []string{VXLAN.Device()}
	}
	return []string{VXLAN.Device(), IPIP.Device()}
}

// Owners are Calico's two, of which a mode may choose.
func Owners() []RouteOwner { return []RouteOwner{BIRDOwns, FelixOwns} }

// WithRouteOwner is a copy of the mode in which another program makes the routes of its
// pools: programClusterRoutes of the FelixConfiguration named default says so. In a mode
// without encapsulation, or with VXLAN, there is no choice.
func (m *Mode) WithRouteOwner(owner RouteOwner) (*Mode, error) {
	if owner == "" || owner == m.RouteOwner {
		return m, nil
	}
	for _, pool := range m.Resources.IPPools {
		if e := EncapsulationOf(pool); !e.ViaIPIP() {
			return nil, m.Errorf(v3.KindIPPool, pool.Name, "spec", "it has encapsulation %s, whose routes are programmed by %s: route owner %s is for modes with IPIP", e, m.RouteOwner, owner)
		}
	}
	changed := *m
	changed.RouteOwner = owner
	changed.Resources.FelixConfigurations = slices.Clone(m.Resources.FelixConfigurations)
	setting := routesDisabled
	if owner == FelixOwns {
		setting = routesEnabled
	}
	for i := range changed.Resources.FelixConfigurations {
		if c := &changed.Resources.FelixConfigurations[i]; c.Name == defaultConfiguration {
			c.Spec.ProgramClusterRoutes = &setting
			return &changed, nil
		}
	}
	changed.Resources.FelixConfigurations = append(changed.Resources.FelixConfigurations, v3.FelixConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: defaultConfiguration}, Spec: v3.FelixConfigurationSpec{ProgramClusterRoutes: &setting},
	})
	return &changed, nil
}

// CheckOwner refuses a mode whose pools' routes are not programmed by whom the mode
// says, in a version of Calico.
func (m *Mode) CheckOwner(version Version) error {
	for _, pool := range m.Resources.IPPools {
		encapsulation := EncapsulationOf(pool)
		owner, err := m.Resources.ClusterRoutes().Owner(version, encapsulation)
		if err != nil {
			return m.Errorf(v3.KindIPPool, pool.Name, "spec", "%w", err)
		}
		if owner != m.RouteOwner {
			return m.Errorf(v3.KindIPPool, pool.Name, "spec", "with encapsulation %s and programClusterRoutes %s its routes are programmed by %s in Calico %s, and mode.yaml says %s: correct routeOwner there, or programClusterRoutes in a FelixConfiguration",
				encapsulation, m.Resources.ClusterRoutes(), owner, version, m.RouteOwner)
		}
	}
	return nil
}
