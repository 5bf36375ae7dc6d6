package observe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/topology"
)

// kernelRules are the rules that a network namespace begins with, by priority: see
// ip-rule(8).
func kernelRules() map[int]int {
	return map[int]int{0: unix.RT_TABLE_LOCAL, 32766: unix.RT_TABLE_MAIN, 32767: unix.RT_TABLE_DEFAULT}
}

func readPolicyRules(handle *netlink.Handle, host topology.Host) ([]Finding, error) {
	var found []Finding
	for _, family := range host.Families() {
		rules, err := handle.RuleList(int(family))
		if err != nil {
			return nil, fmt.Errorf("list its %s policy rules: %w", family, err)
		}
		found = append(found, foreignRules(host.Name, rules)...)
	}
	return found, nil
}

// foreignRules finds rules that the kernel does not make by itself, and those of the
// kernel's that are gone.
func foreignRules(host string, rules []netlink.Rule) []Finding {
	var found []Finding
	missing := kernelRules()
	for _, rule := range rules {
		if table, known := missing[rule.Priority]; known && table == rule.Table && selectsAll(rule) {
			delete(missing, rule.Priority)
			continue
		}
		found = append(found, Finding{
			Host: host, Check: PolicyRules,
			What:   fmt.Sprintf("the rule %q sends packets elsewhere than the compared tables do, or drops them", strings.TrimSpace(rule.String())),
			Remedy: fmt.Sprintf("ip rule del pref %d", rule.Priority),
		})
	}
	for _, priority := range []int{0, 32766, 32767} {
		if table, gone := missing[priority]; gone {
			found = append(found, Finding{
				Host: host, Check: PolicyRules,
				What:   fmt.Sprintf("the kernel's own rule of priority %d for table %d is missing", priority, table),
				Remedy: fmt.Sprintf("ip rule add pref %d lookup %d", priority, table),
			})
		}
	}
	return found
}

// selectsAll reports whether a rule is for all packets and looks them up in its table.
func selectsAll(r netlink.Rule) bool {
	conditions := []bool{
		r.Src != nil, r.Dst != nil, r.IifName != "", r.OifName != "", r.Mark != 0, r.Tos != 0, r.TunID != 0,
		r.Invert, r.IPProto != 0, r.Sport != nil, r.Dport != nil, r.UIDRange != nil,
		r.SuppressPrefixlen >= 0, r.Goto > 0,
	}
	return !slices.Contains(conditions, true)
}
