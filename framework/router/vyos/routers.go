package vyos

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/topology"
)

// Routers makes of configurations what the routers of a topology are to do, in the
// order of the configurations: each is that of the host that its file is named
// after. The host gives what a configuration lacks: the router ID, the software, and
// the names of neighbours. The error joins what cannot be run.
func Routers(t *topology.Topology, boots []*Boot) ([]fabric.Router, error) {
	var (
		routers  []fabric.Router
		problems []error
	)
	for _, b := range boots {
		r, err := b.router(t)
		if err == nil {
			if err = r.Check(); err != nil {
				err = fmt.Errorf("%s: %w", b.File, err)
			}
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		routers = append(routers, r)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return routers, nil
}

// router is what the router of the file's name is to do.
func (b *Boot) router(t *topology.Topology) (fabric.Router, error) {
	name, err := hostName(b.File)
	if err != nil {
		return fabric.Router{}, err
	}
	host, ok := t.Host(name)
	if !ok || host.Role != topology.Leaf && host.Role != topology.Spine {
		return fabric.Router{}, fmt.Errorf("%s: topology %s has no router %s: rename the file, or use another topology", b.File, t.Name, name)
	}
	for _, i := range b.Interfaces {
		if port, ok := host.Interface(i.Name); ok && !slices.Contains(port.Addresses, i.Address) {
			return fabric.Router{}, b.at(b.lines[i.Name], "%s has the address %s, and %s in topology %s: change one", i.Name, i.Address, topology.Networks(port.Addresses), t.Name)
		}
	}
	r := b.Router
	r.Host, r.Software = name, host.Software
	if !r.RouterID.IsValid() {
		r.RouterID = host.RouterID
	}
	r.Neighbors = nil
	for _, n := range b.Router.Neighbors {
		if n.Host, ok = t.HostOf(n.Address); !ok {
			return fabric.Router{}, b.at(b.lines[n.Address], "neighbor %s is no host's address in topology %s: change it, or use another topology", n.Address, t.Name)
		}
		r.Neighbors = append(r.Neighbors, n)
	}
	return r, nil
}
