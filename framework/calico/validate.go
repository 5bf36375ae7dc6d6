package calico

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/framework/yamlfile"
)

// The functions below check one resource each, by itself. Calico's API server
// would refuse most of what they find; the CustomResourceDefinitions, by which
// labs apply resources, let it pass.

func validateBGPConfiguration(d yamlfile.Document, c v3.BGPConfiguration) error {
	var name error
	if c.Name != defaultConfiguration && !strings.HasPrefix(c.Name, NodePrefix) {
		name = d.Errorf("metadata.name", "Calico ignores a BGPConfiguration named %s: name it %s, or node.<name> for one node", c.Name, defaultConfiguration)
	}
	return errors.Join(name, validateAS(d, "spec.asNumber", c.Spec.ASNumber))
}

func validateFelixConfiguration(d yamlfile.Document, c v3.FelixConfiguration) error {
	if c.Name != defaultConfiguration && !strings.HasPrefix(c.Name, NodePrefix) {
		return d.Errorf("metadata.name", "Calico ignores a FelixConfiguration named %s: name it %s, or node.<name> for one node", c.Name, defaultConfiguration)
	}
	if c.Spec.ProgramClusterRoutes == nil {
		return nil
	}
	switch value := *c.Spec.ProgramClusterRoutes; value {
	case routesEnabled, routesDisabled, routesEnabledIPIPOnly, routesEnabledNoEncapOnly:
		return nil
	default:
		return d.Errorf("spec.programClusterRoutes", "programClusterRoutes is %q: use %s or %s, and from Calico v3.33 on also %s or %s", value, routesEnabled, routesDisabled, routesEnabledIPIPOnly, routesEnabledNoEncapOnly)
	}
}

func validateBGPPeer(d yamlfile.Document, p v3.BGPPeer) error {
	problems := []error{
		validateSelector(d, "spec.nodeSelector", p.Spec.NodeSelector),
		validateSelector(d, "spec.peerSelector", p.Spec.PeerSelector),
		validateSelector(d, "spec.localWorkloadSelector", p.Spec.LocalWorkloadSelector),
	}
	if p.Spec.Node != "" && p.Spec.NodeSelector != "" {
		problems = append(problems, d.Errorf("spec.node", "node and nodeSelector exclude each other: remove one"))
	}
	given := 0
	for _, field := range []string{p.Spec.PeerIP, p.Spec.PeerSelector, p.Spec.LocalWorkloadSelector} {
		if field != "" {
			given++
		}
	}
	if given != 1 {
		problems = append(problems, d.Errorf("spec", "%d of peerIP, peerSelector and localWorkloadSelector say who the peer is: give exactly one", given))
	}
	if p.Spec.PeerIP != "" {
		if _, err := PeerAddress(p); err != nil {
			problems = append(problems, d.Errorf("spec.peerIP", "%w", err))
		}
		problems = append(problems, validateAS(d, "spec.asNumber", &p.Spec.ASNumber))
	}
	return errors.Join(problems...)
}

func validateBGPFilter(d yamlfile.Document, f v3.BGPFilter) error {
	var problems []error
	for direction, rules := range map[string][]v3.BGPFilterRuleV4{"exportV4": f.Spec.ExportV4, "importV4": f.Spec.ImportV4} {
		for i, rule := range rules {
			reject := func(format string, args ...any) {
				problems = append(problems, d.Errorf("spec."+direction, "rule %d of %s: %w", i+1, direction, fmt.Errorf(format, args...)))
			}
			if rule.Action != v3.Accept && rule.Action != v3.Reject {
				reject("action is %q: use %s or %s", rule.Action, v3.Accept, v3.Reject)
			}
			if (rule.CIDR == "") != (rule.MatchOperator == "") {
				reject("cidr and matchOperator belong together: give both or none")
			}
			if rule.CIDR == "" {
				continue
			}
			if p, err := netip.ParsePrefix(rule.CIDR); err != nil || !p.Addr().Is4() {
				reject("cidr %q is not an IPv4 prefix: use one as in 10.244.0.0/16", rule.CIDR)
			}
			switch rule.MatchOperator {
			case v3.Equal, v3.NotEqual, v3.In, v3.NotIn:
			default:
				reject("matchOperator is %q: use %s, %s, %s or %s", rule.MatchOperator, v3.Equal, v3.NotEqual, v3.In, v3.NotIn)
			}
		}
	}
	return errors.Join(problems...)
}

func validateIPPool(d yamlfile.Document, p v3.IPPool) error {
	problems := []error{
		validateSelector(d, "spec.nodeSelector", p.Spec.NodeSelector),
		validateSelector(d, "spec.namespaceSelector", p.Spec.NamespaceSelector),
	}
	reject := func(path, format string, args ...any) {
		problems = append(problems, d.Errorf(path, format, args...))
	}
	cidr, err := netip.ParsePrefix(p.Spec.CIDR)
	switch size := BlockSize(p); {
	case err != nil:
		reject("spec.cidr", "%q is not a prefix: use one as in 10.244.0.0/16", p.Spec.CIDR)
	case !cidr.Addr().Is4():
		reject("spec.cidr", "%s is an IPv6 pool, which modes do not support yet: use an IPv4 prefix", cidr)
	case cidr != cidr.Masked():
		reject("spec.cidr", "%s has bits set beyond its length: write %s", cidr, cidr.Masked())
	case size < 20 || size > 32 || size < cidr.Bits():
		reject("spec.blockSize", "blockSize %d does not fit pool %s: use a prefix length from %d to 32", size, cidr, max(20, cidr.Bits()))
	}
	switch p.Spec.IPIPMode {
	case "", v3.IPIPModeNever, v3.IPIPModeAlways, v3.IPIPModeCrossSubnet:
	default:
		reject("spec.ipipMode", "ipipMode is %q: use Never, Always or CrossSubnet", p.Spec.IPIPMode)
	}
	switch p.Spec.VXLANMode {
	case "", v3.VXLANModeNever, v3.VXLANModeAlways, v3.VXLANModeCrossSubnet:
	default:
		reject("spec.vxlanMode", "vxlanMode is %q: use Never, Always or CrossSubnet", p.Spec.VXLANMode)
	}
	if p.Spec.IPIPMode != "" && p.Spec.IPIPMode != v3.IPIPModeNever && p.Spec.VXLANMode != "" && p.Spec.VXLANMode != v3.VXLANModeNever {
		reject("spec.vxlanMode", "ipipMode and vxlanMode exclude each other: set one of them to Never")
	}
	return errors.Join(problems...)
}

func validateNode(d yamlfile.Document, n Node) error {
	if n.Spec.BGP == nil {
		return nil
	}
	problems := []error{validateAS(d, "spec.bgp.asNumber", n.Spec.BGP.ASNumber)}
	if address := n.Spec.BGP.IPv4Address; address != "" {
		if p, err := netip.ParsePrefix(address); err != nil || !p.Addr().Is4() {
			problems = append(problems, d.Errorf("spec.bgp.ipv4Address", "%q is not an IPv4 address with its subnet's length: use one as in 10.1.5.10/24", address))
		}
	}
	if id := n.Spec.BGP.RouteReflectorClusterID; id != "" {
		if a, err := netip.ParseAddr(id); err != nil || !a.Is4() {
			problems = append(problems, d.Errorf("spec.bgp.routeReflectorClusterID", "%q is not a cluster ID: use four octets as in 244.0.0.1", id))
		}
	}
	return errors.Join(problems...)
}

func validateAS(d yamlfile.Document, path string, as *numorstring.ASNumber) error {
	if as != nil && *as == 0 {
		return d.Errorf(path, "%s is 0 or missing, and AS 0 is reserved (RFC 7607): use a number from 1 to 4294967295", path)
	}
	return nil
}

func validateSelector(d yamlfile.Document, path, text string) error {
	if _, err := ParseSelector(text); err != nil {
		return d.Errorf(path, "%w", err)
	}
	return nil
}

// PeerAddress is the address in a BGPPeer's peerIP, which may have a port after
// it (`10.1.5.1:1790`, `[2001:db8::1]:1790`).
func PeerAddress(peer v3.BGPPeer) (netip.Addr, error) {
	if address, err := netip.ParseAddr(peer.Spec.PeerIP); err == nil {
		return address, nil
	}
	withPort, err := netip.ParseAddrPort(peer.Spec.PeerIP)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("BGPPeer %s: peerIP %q is not an address: use one as in 10.1.5.1 or 10.1.5.1:179", peer.Name, peer.Spec.PeerIP)
	}
	return withPort.Addr(), nil
}
