package vyos

import (
	"net/netip"
)

// restartingIsNotAnnounced is what labs do without of graceful restart.
const restartingIsNotAnnounced = "routers in labs keep the routes of neighbors that restart, and do not announce that they restart so themselves"

// parameters are what `protocols bgp` says of the router as a whole.
type parameters struct {
	as             field[uint32]
	routerID       field[netip.Addr]
	multipathRelax bool
	importCheck    bool
	// compareRouterID changes which of equal paths is announced, and no table.
	compareRouterID  bool
	gracefulShutdown bool
}

// bgp reads `protocols bgp`. It refuses unknown statements, for they would change what
// the router does.
func (r *reader) bgp(n *statement) {
	if n.hasValue {
		r.reject(n.line, "protocols bgp %s is the form of VyOS 1.3: have VyOS 1.4 migrate the file, so that it has system-as", readable(n.value))
		return
	}
	router := &r.boot.Router
	router.Software = Software
	r.boot.lines[bgpLine] = n.line
	var (
		p         parameters
		written   []*statement
		neighbors []*neighbor
	)
	groups := peerGroups{}
	r.within(n, rules{
		"system-as": value(r, parseAS, &p.as),
		"address-family": r.block(rules{
			"ipv4-unicast": r.block(rules{"network": r.network}, r.refuse),
		}, r.refuse),
		// A neighbor may be written before its peer-group.
		"neighbor":   func(n *statement) { written = append(written, n) },
		"peer-group": func(n *statement) { groups.add(r, n) },
		"listen": func(n *statement) {
			r.reject(n.line, "%s takes neighbors that the file does not name, and a lab's are known: write each out by `neighbor ADDRESS peer-group NAME`, and remove it", n.path())
		},
		"parameters": r.block(r.parameters(&p), r.refuse),
		"timers":     r.block(r.timers(), r.refuse),
	}, r.refuse)
	for _, n := range written {
		if resolved, ok := groups.resolve(r, n); ok {
			if one, ok := r.neighbor(resolved); ok {
				neighbors = append(neighbors, one)
			}
		}
	}
	groups.unused(r)
	r.neighbors = neighbors

	if !p.as.given() {
		r.reject(n.line, "protocols bgp has no system-as: add it with the router's AS number")
	}
	router.AS = p.as.value
	router.GracefulShutdown = p.gracefulShutdown
	if p.routerID.ok {
		router.RouterID = p.routerID.value
		r.boot.lines[routerIDLine] = p.routerID.line
	}
	for _, one := range neighbors {
		if configured, ok := r.configured(one, p.as); ok {
			router.Neighbors = append(router.Neighbors, configured)
			r.boot.lines[one.address] = one.line
		}
	}
	router.ForgetRestarting = r.forgetsRestarting(neighbors)
	if !p.multipathRelax {
		r.remark(n.line, "parameters bestpath as-path multipath-relax is not set: this router does not share traffic between ways over different AS numbers, and routers in labs do")
	}
	if !p.importCheck {
		r.remark(n.line, "parameters network-import-check is not set: this router announces its networks even while they are down, and routers in labs do not")
	}
}

// network reads a network that the router announces. A block inside a network
// (route-map, backdoor) would change the announcement.
func (r *reader) network(n *statement) {
	if !n.hasValue {
		r.reject(n.line, "%s has no prefix: write it behind network", n.path())
		return
	}
	prefix, err := parseNetwork(n.value)
	if err != nil {
		r.reject(n.line, "%s: %v", n.path(), err)
		return
	}
	r.within(n, nil, r.refuse)
	r.boot.Router.Networks = append(r.boot.Router.Networks, prefix)
	r.boot.lines[prefix] = n.line
}

func (r *reader) parameters(p *parameters) rules {
	return rules{
		"router-id": value(r, parseAddress, &p.routerID),
		"bestpath": r.block(rules{
			"as-path":          r.block(rules{"multipath-relax": r.flag(&p.multipathRelax)}, r.refuse),
			"compare-routerid": r.flag(&p.compareRouterID),
		}, r.refuse),
		"log-neighbor-changes": skip,
		"network-import-check": r.flag(&p.importCheck),
		"graceful-restart":     r.leaveOut(restartingIsNotAnnounced),
		"graceful-shutdown":    r.flag(&p.gracefulShutdown),
	}
}

// timers are the rules for a session's times.
func (r *reader) timers() rules {
	return rules{
		"keepalive": r.timer(numberFrom(1, 65535), keepalive),
		"holdtime":  r.timer(numberFrom(0, 65535), holdTime),
	}
}

// timer is a rule for a time that labs have their own of.
func (r *reader) timer(parse func(string) (int, error), own int) func(*statement) {
	var seconds field[int]
	read := value(r, parse, &seconds)
	return func(n *statement) {
		read(n)
		if seconds.ok && seconds.value != own {
			r.remark(n.line, "%s %d is left out: in labs it is %d s", n.path(), seconds.value, own)
		}
	}
}
