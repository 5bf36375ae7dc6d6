package vyos

import (
	"net/netip"
	"slices"
)

// peerGroups are the peer-groups of a router by their names.
type peerGroups map[string]*peerGroup

type peerGroup struct {
	*statement
	used bool
}

// add takes a peer-group in. Its statements are read with its members, so that each
// message names the right line.
func (groups peerGroups) add(r *reader, n *statement) {
	if !n.hasValue || !n.block {
		r.reject(n.line, "%s has no name or no block: write it as in peer-group NODES {", n.place())
		return
	}
	groups[n.value] = &peerGroup{statement: n}
}

// resolve gives a neighbour what its peer-group says. A neighbour's own statement goes
// before the group's of the same name, except that it cannot have another AS number
// (FRR, bgp_vty.c: BGP_ERR_PEER_GROUP_MEMBER). It is false where the group is missing,
// and with it whatever the neighbour takes from it.
func (groups peerGroups) resolve(r *reader, n *statement) (*statement, bool) {
	member := n.child("peer-group")
	if member == nil {
		return n, true
	}
	var name field[string]
	value(r, parseText, &name)(member)
	group, ok := groups[name.value]
	switch {
	case !name.ok:
		return nil, false
	case !ok:
		r.reject(member.line, "%s: there is no peer-group %s: add it below protocols bgp, or remove the statement and write out what the neighbor has of it", n.path(), readable(name.value))
		return nil, false
	}
	group.used = true
	if own, its := n.child("remote-as"), group.child("remote-as"); own != nil && its != nil {
		r.reject(own.line, "%s: its peer-group %s has a remote-as (line %d), which a member cannot change: remove one", own.place(), readable(name.value), its.line)
	}
	return inherit(n, group.statement), true
}

// unused remarks on peer-groups without members, which a lab does without.
func (groups peerGroups) unused(r *reader) {
	for _, group := range groups {
		if !group.used {
			r.remark(group.line, "%s is left out: no neighbor is a member of it", group.path())
		}
	}
}

// inherit is a statement with those of a group that it does not have itself.
func inherit(n, group *statement) *statement {
	joined := *n
	joined.children = slices.Clone(n.children)
	for _, its := range group.children {
		at := slices.IndexFunc(joined.children, func(own *statement) bool {
			return own.name == its.name && own.block == its.block && (!own.block || own.value == its.value)
		})
		switch {
		case at < 0:
			joined.children = append(joined.children, its)
		case its.block:
			joined.children[at] = inherit(joined.children[at], its)
		}
	}
	return &joined
}

// child finds a statement of a block by its name.
func (n *statement) child(name string) *statement {
	at := slices.IndexFunc(n.children, func(child *statement) bool { return child.name == name })
	if at < 0 {
		return nil
	}
	return n.children[at]
}

// checkSources checks that neighbours are spoken to from the address on their link, as
// routers of labs do. It needs all interfaces.
func (r *reader) checkSources(neighbors []*neighbor) {
	for _, one := range neighbors {
		source := one.source
		port, onLink := r.boot.port(func(p netip.Prefix) bool { return p.Contains(one.address) })
		if !source.ok || !onLink || source.value == port.Name || source.value == port.Address.Addr().String() {
			continue
		}
		r.reject(source.line, "update-source %s for neighbor %s: routers of labs speak from their address on the neighbor's link; remove it, or use %s", readable(source.value), one.address, port.Name)
	}
}
