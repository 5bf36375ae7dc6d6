package observe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// filterChain is a chain of nftables or iptables with its rules.
type filterChain struct {
	// table has the family before it, as `nft` wants it.
	table, name string
	// drops says that the chain drops what none of its rules decides over, and remedy how
	// that ends.
	drops  bool
	remedy string
	rules  []filterRule
}

// filterRule is a rule of a chain.
type filterRule struct {
	// jumps is the chain that packets go to, empty for none.
	jumps string
	// comments are what whoever made the rule wrote beside it; Felix writes two.
	comments []string
	// does says what becomes of packets, remedy how the rule is removed.
	does, remedy string
}

// filterReads is how often the filters are read when somebody changes them meanwhile:
// Felix and kube-proxy write theirs again whenever anything changes.
const filterReads = 3

func readPacketFilters(inside namespace.Set, entry topology.Host) ([]Finding, error) {
	node := entry.Role == topology.Node
	var chains []filterChain
	var err error
	for range filterReads {
		if chains, err = nftablesChains(inside, node); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read its nftables: %w", err)
	}
	found := foreignFilters(entry.Name, node, chains)
	legacy, err := legacyChains(inside)
	if err != nil {
		return found, fmt.Errorf("read its iptables: %w", err)
	}
	return append(found, foreignFilters(entry.Name, node, legacy)...), nil
}

// foreignFilters finds rules and policies that are not Calico's, flannel's or kube-proxy's. Only nodes
// run these; on any other host every rule is foreign.
func foreignFilters(host string, node bool, chains []filterChain) []Finding {
	var found []Finding
	report := func(what, remedy string) {
		found = append(found, Finding{Host: host, Check: PacketFilters, What: what, Remedy: remedy})
	}
	for _, chain := range chains {
		if node && clusterOwns(chain.table, chain.name) {
			continue
		}
		if chain.drops {
			report(fmt.Sprintf("chain %s of table %s drops packets by its policy", chain.name, chain.table), chain.remedy)
		}
		// From the last one: to remove one by its number leaves the numbers before it.
		for _, rule := range slices.Backward(chain.rules) {
			if node && (clusterOwns(chain.table, rule.jumps) || slices.ContainsFunc(rule.comments, isCalicos)) {
				continue
			}
			report(fmt.Sprintf("chain %s of table %s has a rule that does not come from Calico or kube-proxy: %s", chain.name, chain.table, rule.does), rule.remedy)
		}
	}
	return found
}

// calicoComment is how the comments of Felix's rules in chains of others begin: the prefix
// of rule hashes in felix/iptables.
const calicoComment = "cali:"

func isCalicos(comment string) bool { return strings.HasPrefix(comment, calicoComment) }

// clusterOwns reports whether a chain is one of what runs on every node: of Felix, flannel,
// kube-proxy or the kubelet, of CNI plugins, or of Docker's name server where a node is a
// container. Felix and kube-proxy have tables of their own where they use nftables
// itself.
func clusterOwns(table, chain string) bool {
	if slices.Contains([]string{"ip calico", "ip6 calico", "ip kube-proxy", "ip6 kube-proxy"}, table) {
		return true
	}
	return slices.ContainsFunc([]string{"cali-", "FLANNEL-", "KUBE-", "CNI-", "DOCKER_"}, func(prefix string) bool { return strings.HasPrefix(chain, prefix) })
}

// nftablesChains reads the chains of a network namespace. Those of the cluster on a node
// come without their rules, of which there are thousands.
func nftablesChains(inside namespace.Set, node bool) ([]filterChain, error) {
	// One socket for all questions: there are dozens of chains.
	connection, err := nftables.New(nftables.WithNetNSFd(int(inside.Net.Fd())), nftables.AsLasting())
	if withoutNftables(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.CloseLasting() }()
	listed, err := connection.ListChains()
	if withoutNftables(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list chains: %w", err)
	}
	var chains []filterChain
	for _, c := range listed {
		chain := filterChain{
			table: familyName(c.Table.Family) + " " + c.Table.Name, name: c.Name,
			drops: c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop,
		}
		chain.remedy = fmt.Sprintf("nft 'chain %s %s { policy accept; }'", chain.table, chain.name)
		if !node || !clusterOwns(chain.table, chain.name) {
			rules, err := connection.GetRules(c.Table, c)
			if err != nil {
				return nil, fmt.Errorf("list rules of chain %s of table %s: %w", chain.name, chain.table, err)
			}
			for at, rule := range rules {
				chain.rules = append(chain.rules, describeRule(chain, at+1, rule))
			}
		}
		chains = append(chains, chain)
	}
	return chains, nil
}

// withoutNftables reports whether an error is that of a kernel without nftables.
func withoutNftables(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPROTONOSUPPORT)
}

// familyName is the name of a family of tables in nft(8).
func familyName(family nftables.TableFamily) string {
	switch family {
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	case nftables.TableFamilyINet:
		return "inet"
	case nftables.TableFamilyARP:
		return "arp"
	case nftables.TableFamilyBridge:
		return "bridge"
	case nftables.TableFamilyNetdev:
		return "netdev"
	}
	return fmt.Sprintf("family %d", family)
}

// iptablesTables are the tables that iptables has on nftables.
func iptablesTables() []string {
	return []string{"ip filter", "ip nat", "ip mangle", "ip raw", "ip security"}
}

// describeRule reads of a chain's rule what it does; number counts from 1. Rules of
// iptables on nftables have xtables' matches and targets, and their comments as one of the
// two.
func describeRule(chain filterChain, number int, rule *nftables.Rule) filterRule {
	described := filterRule{
		does:   fmt.Sprintf("rule with handle %d", rule.Handle),
		remedy: fmt.Sprintf("nft delete rule %s %s handle %d", chain.table, chain.name, rule.Handle),
	}
	if slices.Contains(iptablesTables(), chain.table) {
		described.remedy = fmt.Sprintf("iptables -t %s -D %s %d, or %s", strings.TrimPrefix(chain.table, "ip "), chain.name, number, described.remedy)
	}
	if comment, ok := userdata.GetString(rule.UserData, userdata.TypeComment); ok {
		described.comments = append(described.comments, comment)
	}
	var does []string
	for _, e := range rule.Exprs {
		switch e := e.(type) {
		case *expr.Verdict:
			does = append(does, verdictName(e.Kind))
			if e.Kind == expr.VerdictJump || e.Kind == expr.VerdictGoto {
				described.jumps = e.Chain
				does = append(does, "to "+e.Chain)
			}
		case *expr.Reject:
			does = append(does, "reject")
		case *expr.Target:
			does = append(does, e.Name)
		case *expr.Match:
			if comment, ok := e.Info.(*xt.Comment); ok {
				described.comments = append(described.comments, string(*comment))
			}
		case *expr.NAT, *expr.Masq, *expr.Redir:
			does = append(does, "translate addresses")
		}
	}
	if len(does) > 0 {
		described.does += ": " + strings.Join(does, " ")
	}
	if len(described.comments) > 0 {
		described.does += fmt.Sprintf(" (%s)", strings.Join(described.comments, "; "))
	}
	return described
}

func verdictName(kind expr.VerdictKind) string {
	switch kind {
	case expr.VerdictAccept:
		return "accept"
	case expr.VerdictDrop:
		return "drop"
	case expr.VerdictReturn:
		return "return"
	case expr.VerdictJump:
		return "jump"
	case expr.VerdictGoto:
		return "goto"
	}
	return fmt.Sprintf("verdict %d", kind)
}
