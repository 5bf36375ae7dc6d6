package topology

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/route"
)

// Load reads a topology file and checks it. Name is what messages call the file,
// software is what its routers can run: a host with any other is refused.
// The error is of type Problems: everything that is wrong, each with its line
// and with what to do.
func Load(name string, data []byte, software []Software) (*Topology, error) {
	d := &decoder{file: name, software: software}
	doc, ok := d.document(data)
	if ok {
		d.check(doc)
	}
	if len(d.problems) > 0 {
		return nil, d.problems.Sorted()
	}
	t := build(doc)
	t.Warnings = d.warnings
	t.source = source{file: name, hosts: map[string]int{}, links: map[string]int{}}
	for _, h := range doc.hosts {
		t.source.hosts[h.name.value] = h.line
	}
	for _, l := range doc.links {
		t.source.links[l.name.value] = l.line
	}
	return t, nil
}

// build makes the topology of a document in which nothing is wrong.
func build(doc document) *Topology {
	t := &Topology{
		Name:        doc.name.value,
		Description: doc.description.value,
		Pods:        values(doc.pods),
		Services:    values(doc.services),
		ExternalIPs: values(doc.externalIPs), LoadBalancerIPs: values(doc.loadBalancers),
		Management: Management{Prefix: doc.management.prefix.value, Control: doc.management.control.value},
	}
	for _, l := range doc.links {
		built := Link{Name: l.name.value, Prefixes: values(l.prefixes), Bridge: l.bridge.value, MTU: defaultMTU}
		if l.mtu.given() {
			built.MTU = l.mtu.value
		}
		for _, e := range l.ends {
			end := Interface{Host: e.host.value, Name: e.port.value, Link: l.name.value}
			for _, address := range e.addresses {
				length := built.Prefixes.Of(route.FamilyOf(address.value)).Bits()
				end.Addresses = append(end.Addresses, netip.PrefixFrom(address.value, length))
			}
			built.Ends = append(built.Ends, end)
		}
		t.Links = append(t.Links, built)
	}
	for _, h := range doc.hosts {
		built := Host{
			Name:       h.name.value,
			Role:       h.role.value,
			Rack:       h.rack.value,
			AS:         h.as.value,
			RouterID:   doc.routerID(h).value,
			Software:   h.software.value,
			Management: h.management.value,

			DefaultOriginate: values(h.defaultOriginate),
			GracefulShutdown: h.gracefulShutdown.value,
		}
		if built.Software == "" && built.Role.routes() {
			built.Software = DefaultSoftware
		}
		for _, l := range t.Links {
			if port, ok := l.End(built.Name); ok {
				built.Interfaces = append(built.Interfaces, port)
			}
		}
		// A gateway on several of the host's links gives a next hop on each of them.
		for _, g := range h.gateways {
			for _, peer := range t.Peers(built.Name) {
				if peer.Host == g.value {
					for _, address := range peer.Addresses {
						built.Gateways = append(built.Gateways, address.Addr())
					}
				}
			}
		}
		t.Hosts = append(t.Hosts, built)
	}
	return t
}

func values[T any](fields []field[T]) []T {
	var all []T
	for _, f := range fields {
		all = append(all, f.value)
	}
	return all
}

// routerID is the BGP identifier that the file gives a host, or else the host's
// first address.
func (doc document) routerID(h *host) field[netip.Addr] {
	if h.routerID.given() {
		return h.routerID
	}
	for _, l := range doc.links {
		for _, e := range l.ends {
			if e.host.value == h.name.value && len(e.addresses) > 0 && e.addresses[0].ok {
				return field[netip.Addr]{value: e.addresses[0].value, line: h.line, ok: true}
			}
		}
	}
	return field[netip.Addr]{}
}
