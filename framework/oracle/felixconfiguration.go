package oracle

import (
	"maps"
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
)

// checkFelix refuses fields of a FelixConfiguration that change routes in a way that
// the oracle does not support.
func checkFelix(c v3.FelixConfiguration) []error {
	set := func(b *bool) bool { return b != nil && *b }
	refused := map[string]bool{
		"bpfEnabled":               set(c.Spec.BPFEnabled),
		"deviceRouteProtocol":      c.Spec.DeviceRouteProtocol != nil,
		"deviceRouteSourceAddress": c.Spec.DeviceRouteSourceAddress != "",
		"externalNodesList":        c.Spec.ExternalNodesCIDRList != nil && len(*c.Spec.ExternalNodesCIDRList) > 0,
		"ipipEnabled":              c.Spec.IPIPEnabled != nil,
		"routeSource":              c.Spec.RouteSource != "" && c.Spec.RouteSource != "CalicoIPAM",
		"routeSyncDisabled":        set(c.Spec.RouteSyncDisabled),
		"vxlanEnabled":             c.Spec.VXLANEnabled != nil,
		"wireguardEnabled":         set(c.Spec.WireguardEnabled),
	}
	var problems []error
	for _, field := range slices.Sorted(maps.Keys(refused)) {
		if refused[field] {
			problems = append(problems, refuse(v3.KindFelixConfiguration, c.Name, "spec."+field, "%s is not supported: remove it", field))
		}
	}
	return problems
}
