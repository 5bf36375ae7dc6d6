package vyos

import "slices"

// natRule is a rule of NAT.
type natRule struct {
	line int
	path string
	// interfaceName is where the rule translates; empty for everywhere.
	interfaceName string
}

// nat reads the rules of NAT. One at an interface outside of the fabric changes nothing in a
// lab, which sends nothing there. Routers of labs translate nothing else: any other rule is
// refused (checkNAT).
func (r *reader) nat() func(*statement) {
	return r.block(rules{
		"source":      r.natRules("outbound-interface"),
		"destination": r.natRules("inbound-interface"),
		"static":      r.natRules("inbound-interface"),
	}, r.refuse)
}

// natRules reads the rules of one kind. end names the statement with their interface; later
// releases of VyOS 1.4 have the name in a block of its own.
func (r *reader) natRules(end string) func(*statement) {
	return r.block(rules{"rule": func(n *statement) {
		rule := natRule{line: n.line, path: n.path()}
		disabled := false
		for _, child := range n.children {
			switch child.name {
			case "disable":
				disabled = true
			case end:
				rule.interfaceName = child.value
				for _, name := range child.children {
					rule.interfaceName = name.value
				}
			}
		}
		if disabled {
			r.remark(n.line, "%s is left out: it is disabled", n.path())
			return
		}
		r.natted = append(r.natted, rule)
	}}, r.refuse)
}

// checkNAT refuses rules that translate packets in the fabric, and remarks on others.
func (r *reader) checkNAT() {
	for _, rule := range r.natted {
		inFabric := slices.ContainsFunc(r.boot.Interfaces, func(i Interface) bool { return i.Name == rule.interfaceName })
		switch {
		case rule.interfaceName == "" || rule.interfaceName == "any":
			r.reject(rule.line, "%s names no interface: routers of labs translate no addresses; name one outside of the fabric, or remove the rule", rule.path)
		case inFabric:
			r.reject(rule.line, "%s translates at %s: routers of labs translate no addresses in the fabric; remove the rule if nothing depends on it", rule.path, rule.interfaceName)
		default:
			r.remark(rule.line, "%s is left out: %s is no interface of the fabric, and labs send nothing outside", rule.path, rule.interfaceName)
		}
	}
}
