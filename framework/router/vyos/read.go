package vyos

import (
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/topology"
)

// Read reads a boot configuration. file is what messages call the file. The error
// is of type topology.Problems: everything that is wrong, each with its line and
// with what to do.
func Read(file string, data []byte) (*Boot, error) {
	root, problems := parse(file, data)
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	r := &reader{boot: &Boot{File: file, lines: map[any]int{}}}
	r.file(root)
	if len(r.problems) > 0 {
		return nil, r.problems.Sorted()
	}
	return r.boot, nil
}

// field is a value of the file with its line. A line of 0 means that the file
// does not have the statement; ok is false for a value that was reported as wrong.
type field[T any] struct {
	value T
	line  int
	ok    bool
}

func (f field[T]) given() bool { return f.line != 0 }

// reader makes a Boot of a tree, and collects what is wrong instead of stopping
// at the first.
type reader struct {
	boot     *Boot
	problems topology.Problems
	// neighbors are those of BGP.
	neighbors []*neighbor
	// natted are the rules of NAT.
	natted []natRule
}

func (r *reader) reject(line int, format string, args ...any) {
	r.problems = once(r.problems, r.boot.at(line, format, args...))
}

func (r *reader) remark(line int, format string, args ...any) {
	r.boot.remarks = once(r.boot.remarks, r.boot.at(line, format, args...))
}

// once adds a message that is not there yet: what a peer-group says is read for each
// of its members.
func once(messages topology.Problems, message topology.Problem) topology.Problems {
	if slices.Contains(messages, message) {
		return messages
	}
	return append(messages, message)
}

// rules say what is done with the statements of a block, by their names.
type rules map[string]func(*statement)

// plus joins rules.
func (rs rules) plus(more rules) rules {
	joined := maps.Clone(rs)
	maps.Copy(joined, more)
	return joined
}

// same are rules that do the same with several statements.
func same(do func(*statement), names ...string) rules {
	rs := rules{}
	for _, name := range names {
		rs[name] = do
	}
	return rs
}

// within hands each statement of a block to its rule, and those without one to
// other.
func (r *reader) within(n *statement, rs rules, other func(*statement)) {
	for _, child := range n.children {
		if rule, ok := rs[child.name]; ok {
			rule(child)
		} else {
			other(child)
		}
	}
}

// block is a rule for a block without a value.
func (r *reader) block(rs rules, other func(*statement)) func(*statement) {
	return func(n *statement) {
		if n.hasValue {
			r.reject(n.line, "%s has a value, and VyOS 1.4 has none there: remove it", n.path())
			return
		}
		r.within(n, rs, other)
	}
}

// flag is a rule for a statement without a value and with nothing in it. Some are
// blocks in VyOS, some are not.
func (r *reader) flag(set *bool) func(*statement) {
	return func(n *statement) {
		if n.hasValue {
			r.reject(n.line, "%s has a value, and VyOS 1.4 has none there: remove it", n.path())
			return
		}
		r.within(n, nil, r.refuse)
		*set = true
	}
}

// value is a rule for a statement with one value that is there once.
func value[T any](r *reader, parse func(string) (T, error), into *field[T]) func(*statement) {
	return func(n *statement) {
		switch {
		case into.given():
			r.reject(n.line, "%s is there twice (line %d): remove one", n.path(), into.line)
			return
		case n.block || !n.hasValue:
			into.line = n.line
			r.reject(n.line, "%s needs one value and no block: write the value behind the name", n.place())
			return
		}
		into.line = n.line
		v, err := parse(n.value)
		if err != nil {
			r.reject(n.line, "%s: %v", n.path(), err)
			return
		}
		into.value, into.ok = v, true
	}
}

// refuse is what is done with a statement that nothing is known of.
func (r *reader) refuse(n *statement) {
	r.reject(n.line, "unknown statement %s: a lab cannot do as it says; remove it if nothing depends on it", n.path())
}

// skip is a rule for what a lab has no use for.
func skip(*statement) {}

// leaveOut is a rule for what a lab does without, which may be missed.
func (r *reader) leaveOut(why string) func(*statement) {
	return func(n *statement) { r.remark(n.line, "%s is left out: %s", n.path(), why) }
}

// file reads the sections.
func (r *reader) file(root *statement) {
	var bgp *statement
	sections := rules{
		"interfaces": r.block(r.interfaceTypes(), func(n *statement) {
			r.reject(n.line, "%s: labs have Ethernet interfaces alone; remove it if no BGP session depends on it", n.path())
		}),
		"protocols": r.block(rules{
			"bgp":    func(n *statement) { bgp = n; r.bgp(n) },
			"static": r.leaveOut("labs have no static routes on routers"),
		}, func(n *statement) {
			r.reject(n.line, "%s: routers of labs run BGP alone; remove it if BGP does not depend on it", n.path())
		}),
		"system": r.block(rules{"host-name": r.hostName()}, skip),
		"nat":    r.nat(),
	}.
		plus(same(skip, "service", "pki")).
		// No statement that is read refers to a policy.
		plus(same(skip, "policy")).
		plus(same(r.leaveOut("routers of labs let everything pass"), "firewall", "zone-policy")).
		plus(same(r.leaveOut("labs do not have it"), "nat66", "cluster", "container", "high-availability", "load-balancing", "qos", "traffic-policy", "vpn", "vrf"))
	r.within(root, sections, r.refuse)
	if bgp == nil {
		r.reject(root.line, "protocols bgp is missing: add it, or leave the file out, as a lab's routers run BGP")
	}
	r.checkInterfaces()
	r.checkNAT()
	r.placeNeighbors()
	r.checkSources(r.neighbors)
}

func (r *reader) hostName() func(*statement) {
	var name field[string]
	read := value(r, parseHostName, &name)
	return func(n *statement) {
		read(n)
		r.boot.Router.Host = name.value
		r.boot.lines[hostNameLine] = n.line
	}
}
