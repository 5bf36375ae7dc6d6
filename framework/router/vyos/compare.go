package vyos

import (
	"slices"
	"strings"

	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/topology"
)

// compare remarks where the routers do otherwise than Rackproof plans for the
// topology, in the mode that is nearest to them: a lab runs the plan.
func (i *importer) compare(t *topology.Topology, boots []*Boot) error {
	var read []fabric.Router
	for _, b := range boots {
		r, err := b.router(t)
		if err != nil {
			return err
		}
		read = append(read, r)
	}
	planned, err := fabric.Plan(t, nearest(t, read))
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			i.unplanned = append(i.unplanned, "no mode fits these routers: "+strings.TrimSpace(line))
		}
		return nil
	}
	for at, r := range i.routers {
		plan := fabric.Router{Host: r.name}
		if found := slices.IndexFunc(planned, func(p fabric.Router) bool { return p.Host == r.name }); found >= 0 {
			plan = planned[found]
		}
		r.compare(read[at], plan)
	}
	return nil
}

// nearest is a mode in which leaves and nodes peer as the routers have it.
func nearest(t *topology.Topology, routers []fabric.Router) *calico.Mode {
	m := &calico.Mode{Name: "imported", LeafToNode: calico.NoPeering}
	for _, host := range t.Nodes() {
		as := numorstring.ASNumber(host.AS)
		m.LeafToNode = calico.Peer
		m.Resources.Nodes = append(m.Resources.Nodes, calico.Node{
			ObjectMeta: metav1.ObjectMeta{Name: host.Name},
			Spec:       calico.NodeSpec{BGP: &calico.NodeBGPSpec{ASNumber: &as}},
		})
	}
	for _, r := range routers {
		if slices.ContainsFunc(r.Neighbors, func(n fabric.Neighbor) bool { return n.ReflectorClient }) {
			m.LeafToNode = calico.Reflector
		}
	}
	return m
}

// compare remarks where a router does otherwise than planned.
func (r *router) compare(read, plan fabric.Router) {
	bgp := r.lines[bgpLine]
	if !r.Router.RouterID.IsValid() {
		r.remark(bgp, "parameters router-id is not set: labs take the first address, %s, and VyOS the highest", read.RouterID)
	}
	for _, network := range read.Networks {
		if !slices.Contains(plan.Networks, network) {
			r.remark(r.lines[network], "network %s is not in Rackproof's plan, in which routers announce the networks of their links", network)
		}
	}
	for _, network := range plan.Networks {
		if !slices.Contains(read.Networks, network) {
			r.remark(bgp, "network %s is announced in Rackproof's plan, as it is that of a link, and not here", network)
		}
	}
	for _, n := range read.Neighbors {
		line := r.lines[n.Address]
		planned, ok := find(plan.Neighbors, n)
		if !ok {
			r.remark(line, "neighbor %s (%s) is not in Rackproof's plan", n.Address, n.Host)
			continue
		}
		if n.AS != planned.AS {
			r.remark(line, "neighbor %s (%s) has remote-as %d, and AS %d in Rackproof's plan, which is what it has itself", n.Address, n.Host, n.AS, planned.AS)
		}
		r.compareSetting(n, "route-reflector-client", n.ReflectorClient, planned.ReflectorClient)
		r.compareSetting(n, "nexthop-self", n.NextHopSelf, planned.NextHopSelf)
		r.compareSetting(n, "a password", n.Password != "", planned.Password != "")
		r.compareSetting(n, "ttl-security", n.TTLSecurity != 0, planned.TTLSecurity != 0)
	}
	for _, n := range plan.Neighbors {
		if _, ok := find(read.Neighbors, n); !ok {
			r.remark(bgp, "neighbor %s (%s) is in Rackproof's plan, and not here", n.Address, n.Host)
		}
	}
	if read.ForgetRestarting && !plan.ForgetRestarting {
		r.remark(bgp, "graceful-restart %s is not in Rackproof's plan: its routers keep the routes of neighbors that restart", restartDisable)
	}
}

func (r *router) compareSetting(n fabric.Neighbor, what string, read, planned bool) {
	switch {
	case read && !planned:
		r.remark(r.lines[n.Address], "neighbor %s (%s) has %s, and not in Rackproof's plan", n.Address, n.Host, what)
	case planned && !read:
		r.remark(r.lines[n.Address], "neighbor %s (%s) has %s in Rackproof's plan, and not here", n.Address, n.Host, what)
	}
}

// find finds a neighbour by its address.
func find(neighbors []fabric.Neighbor, wanted fabric.Neighbor) (fabric.Neighbor, bool) {
	at := slices.IndexFunc(neighbors, func(n fabric.Neighbor) bool { return n.Address == wanted.Address })
	if at < 0 {
		return fabric.Neighbor{}, false
	}
	return neighbors[at], true
}
