package oracle

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
)

// filterVerdict is what a list of rules says of a path.
type filterVerdict int

const (
	// undecided: no rule applies, and what comes after the filters decides.
	undecided filterVerdict = iota
	accepted
	rejected
)

// filters are the BGPFilters of a peering, in its order.
type filters []v3.BGPFilter

// filtersOf finds the filters that a peering names. Those that are not there are
// passed over, as the template does.
func (s State) filtersOf(p peering) filters {
	var found filters
	for name := range strings.SplitSeq(p.filters, ",") {
		for _, f := range s.Resources.BGPFilters {
			if f.Name == name {
				found = append(found, f)
			}
		}
	}
	return found
}

// filtered is what rules look at.
type filtered struct {
	prefix netip.Prefix
	// learned says that the path is from a BGP neighbour, whichever protocol of BIRD it is of.
	learned bool
	// device is the interface that the path leads through; empty where BIRD defines none, as for
	// blackholes and several next hops.
	device string
}

// exports is the verdict on what is to be sent, imports on what was received.
func (f filters) exports(p bgp.Path) filterVerdict {
	looked := filtered{prefix: p.Prefix, learned: p.From != nil}
	if p.Way.Reachable() && len(p.Way.Hops) == 1 {
		looked.device = p.Way.Hops[0].Dev
	}
	return f.decide(looked, func(spec v3.BGPFilterSpec) []v3.BGPFilterRuleV4 { return spec.ExportV4 })
}

func (f filters) imports(prefix netip.Prefix) filterVerdict {
	return f.decide(filtered{prefix: prefix, learned: true}, func(spec v3.BGPFilterSpec) []v3.BGPFilterRuleV4 { return spec.ImportV4 })
}

// decide goes through the rules of all filters in their order; the first that
// applies decides (BGPFilterBIRDFuncs in confd's template_funcs.go).
func (f filters) decide(p filtered, rules func(v3.BGPFilterSpec) []v3.BGPFilterRuleV4) filterVerdict {
	for _, filter := range f {
		for _, rule := range rules(filter.Spec) {
			switch {
			case !ruleApplies(rule, p):
			case rule.Action == v3.Accept:
				return accepted
			default:
				return rejected
			}
		}
	}
	return undecided
}

func ruleApplies(rule v3.BGPFilterRuleV4, p filtered) bool {
	if rule.Source == v3.BGPFilterSourceRemotePeers && !p.learned {
		return false
	}
	if rule.Interface != "" && (p.device == "" || !interfaceMatches(rule.Interface, p.device)) {
		return false
	}
	prefix := p.prefix
	if rule.CIDR == "" {
		return true
	}
	cidr, _ := netip.ParsePrefix(rule.CIDR) // check has parsed it
	least, most := lengths(rule, cidr)
	inside := route.Contains(cidr, prefix) && least <= prefix.Bits() && prefix.Bits() <= most
	switch rule.MatchOperator {
	case v3.Equal:
		return prefix == cidr
	case v3.NotEqual:
		return prefix != cidr
	case v3.In:
		return inside
	default: // NotIn; check knows no other
		return !inside
	}
}

// lengths are those of the prefixes inside a rule's that it applies to
// (filterMatchPrefixLength in confd's template_funcs.go).
func lengths(rule v3.BGPFilterRuleV4, cidr netip.Prefix) (least, most int) {
	least, most = cidr.Bits(), cidr.Addr().BitLen()
	if length := rule.PrefixLength; length != nil {
		if length.Min != nil {
			least = max(least, int(*length.Min))
		}
		if length.Max != nil {
			most = min(most, int(*length.Max))
		}
	}
	return least, most
}

// checkFilter refuses rules that the oracle does not support.
func checkFilter(filter v3.BGPFilter) error {
	check := func(field string, rules []v3.BGPFilterRuleV4) error {
		for i, rule := range rules {
			if err := checkRule(filter.Name, fmt.Sprintf("spec.%s[%d]", field, i), rule); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(check("exportV4", filter.Spec.ExportV4), check("importV4", filter.Spec.ImportV4))
}

// interfaceMatches compares an interface with a pattern of BIRD's (`ifname ~ "tun*"`), which
// has the wildcards * and ?.
func interfaceMatches(pattern, device string) bool {
	matches, _ := path.Match(pattern, device) // checkRule has tried the pattern
	return matches
}

// checkRule refuses a rule of a filter, which is at a place of it.
func checkRule(filter, at string, rule v3.BGPFilterRuleV4) error {
	refused := func(field, format string, args ...any) error {
		return refuse(v3.KindBGPFilter, filter, at+"."+field, format, args...)
	}
	if _, err := path.Match(rule.Interface, ""); err != nil {
		return refused("interface", "interface %q is no pattern: %w", rule.Interface, err)
	}
	if rule.Source != "" && rule.Source != v3.BGPFilterSourceRemotePeers {
		return refused("source", "source %q is unknown: use %s, or none", rule.Source, v3.BGPFilterSourceRemotePeers)
	}
	if rule.Action != v3.Accept && rule.Action != v3.Reject {
		return refused("action", "action %q is neither Accept nor Reject: use one", rule.Action)
	}
	if rule.CIDR == "" {
		return nil
	}
	cidr, err := parsePrefix(rule.CIDR)
	if err != nil {
		return refused("cidr", "cidr: %w", err)
	}
	switch rule.MatchOperator {
	case v3.In, v3.NotIn:
		if least, most := lengths(rule, cidr); least > most {
			return refused("prefixLength", "no prefix in %s has a length from %d to %d, and BIRD takes no configuration with such a range: correct prefixLength", cidr, least, most)
		}
	case v3.Equal, v3.NotEqual:
		if rule.PrefixLength != nil {
			return refused("prefixLength", "prefixLength beside %s is not supported: remove it", rule.MatchOperator)
		}
	default:
		return refused("matchOperator", "matchOperator %q is unknown: use %s, %s, %s or %s", rule.MatchOperator, v3.Equal, v3.NotEqual, v3.In, v3.NotIn)
	}
	return nil
}
