package vyos

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/fabric"
)

// neighbor is a neighbour as it is written.
type neighbor struct {
	line        int
	address     netip.Addr
	as          field[remoteAS]
	description field[string]
	password    field[string]
	hops        field[int]
	restart     field[string]
	// source is the address or the interface that the router speaks from.
	source field[string]
	// group is the neighbour's peer-group, empty for none.
	group field[string]
	// active: routes of IPv4 are exchanged.
	active, nextHopSelf, client, defaultOriginate bool
}

// neighbor reads one neighbour. It is false for one that no address is known of.
func (r *reader) neighbor(n *statement) (*neighbor, bool) {
	if !n.hasValue {
		r.reject(n.line, "%s has no address: write it behind neighbor", n.path())
		return nil, false
	}
	address, err := parseAddress(n.value)
	if err != nil {
		r.reject(n.line, "%s: %v", n.path(), err)
		return nil, false
	}
	one := &neighbor{line: n.line, address: address}
	unicast := r.block(rules{
		"nexthop-self":           r.flag(&one.nextHopSelf),
		"route-reflector-client": r.flag(&one.client),
		"default-originate":      r.flag(&one.defaultOriginate),
		// Keeping a neighbor's routes changes no table.
		"soft-reconfiguration": r.block(rules{"inbound": r.flag(new(bool))}, r.refuse),
	}, r.refuse)
	r.within(n, rules{
		"remote-as":   value(r, parseRemoteAS, &one.as),
		"description": value(r, parseText, &one.description),
		"password":    value(r, parsePassword, &one.password),
		"ttl-security": r.block(rules{
			"hops": value(r, numberFrom(1, mostHops), &one.hops),
		}, r.refuse),
		"peer-group":       value(r, parseText, &one.group),
		"update-source":    value(r, parseText, &one.source),
		"graceful-restart": value(r, parseRestart, &one.restart),
		"address-family": r.block(rules{"ipv4-unicast": func(n *statement) {
			one.active = true
			unicast(n)
		}}, r.refuse),
		// Rackproof's routers have update groups of one neighbour, whatever is written.
		"solo":                   r.flag(new(bool)),
		"advertisement-interval": r.timer(numberFrom(0, 600), advertisementInterval),
		"timers":                 r.block(r.timers().plus(rules{"connect": r.timer(numberFrom(0, 65535), connectRetry)}), r.refuse),
	}, r.refuse)
	if one.restart.value == restartEnable {
		r.remark(one.restart.line, "%s graceful-restart is left out: %s", n.path(), restartingIsNotAnnounced)
	}
	return one, true
}

// configured is the neighbour in no vendor's words. It is false for one of which
// too little is known.
func (r *reader) configured(one *neighbor, own field[uint32]) (fabric.Neighbor, bool) {
	group, to := "", "it"
	if one.group.ok {
		group, to = ", and its peer-group "+readable(one.group.value)+" has none", "it to one of them"
	}
	if !one.as.given() {
		r.reject(one.line, "neighbor %s has no remote-as%s: add %s with the neighbor's AS number", one.address, group, to)
	}
	if !one.active {
		r.reject(one.line, "neighbor %s has no address-family ipv4-unicast%s, without which no routes are exchanged: add %s, or remove the neighbor", one.address, group, to)
	}
	as := one.as.value.as
	if one.as.value.internal {
		as = own.value
	}
	if one.client && one.as.ok && own.ok && as != own.value {
		r.reject(one.line, "neighbor %s of AS %d cannot be a route reflector client of AS %d, as reflection is iBGP (RFC 4456): change remote-as, or remove route-reflector-client", one.address, as, own.value)
	}
	configured := fabric.Neighbor{
		Address: one.address, AS: as,
		ReflectorClient: one.client, NextHopSelf: one.nextHopSelf, DefaultOriginate: one.defaultOriginate,
		Password: one.password.value, TTLSecurity: one.hops.value,
	}
	if host, err := parseHostName(one.description.value); err == nil {
		configured.Host = host
	}
	return configured, one.as.ok && one.active
}

// forgetsRestarting reports whether the router drops the routes of neighbours that
// restart. Here it is a setting of each neighbour, and in labs of the router.
func (r *reader) forgetsRestarting(neighbors []*neighbor) bool {
	var forgotten, kept []*neighbor
	for _, one := range neighbors {
		if one.restart.value == restartDisable {
			forgotten = append(forgotten, one)
		} else {
			kept = append(kept, one)
		}
	}
	if len(forgotten) > 0 && len(kept) > 0 {
		r.reject(forgotten[0].restart.line, "neighbor %s has graceful-restart %s and neighbor %s (line %d) has not: routers in labs have it at all neighbors or none, make them equal",
			forgotten[0].address, restartDisable, kept[0].address, kept[0].line)
	}
	return len(forgotten) > 0
}

// placeNeighbors finds the links that neighbours are on, once all interfaces are
// known.
func (r *reader) placeNeighbors() {
	for at := range r.boot.Router.Neighbors {
		n := &r.boot.Router.Neighbors[at]
		i, ok := r.boot.port(func(p netip.Prefix) bool { return p.Contains(n.Address) })
		switch {
		case !ok:
		case i.Address.Addr() == n.Address:
			r.reject(r.boot.lines[n.Address], "neighbor %s is this router's own address (%s, line %d): change one", n.Address, i.Name, r.boot.lines[i.Name])
		default:
			n.Local = i.Address.Addr()
		}
	}
}
