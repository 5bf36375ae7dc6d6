// Package drivers lists the operating systems that routers of a lab can run. A new one
// is a folder below framework/router and a line in All.
package drivers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/bird2"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// All are the drivers of all router operating systems, in the order of messages.
func All() []router.Driver {
	return []router.Driver{
		frr.Driver{},
		bird.Driver{},
		bird2.Driver{},
	}
}

// Names are the names of all router operating systems.
func Names() []topology.Software {
	var names []topology.Software
	for _, d := range All() {
		names = append(names, d.Name())
	}
	return names
}

// Of finds the driver of a router operating system. The error names those that there
// are.
func Of(name topology.Software) (router.Driver, error) {
	all := All()
	if i := slices.IndexFunc(all, func(d router.Driver) bool { return d.Name() == name }); i >= 0 {
		return all[i], nil
	}
	return nil, fmt.Errorf("unknown software %q: use %s", name, List(", ", " or "))
}

// List writes the names of all router operating systems with a separator between, and
// another one between the last two.
func List(separator, last string) string {
	var names []string
	for _, name := range Names() {
		names = append(names, string(name))
	}
	end := len(names) - 1
	return strings.Join(names[:end], separator) + last + names[end]
}

// Software are the behaviours of all router operating systems, for the oracle.
func Software() map[topology.Software]bgp.Software {
	all := map[topology.Software]bgp.Software{}
	for _, d := range All() {
		all[d.Name()] = d
	}
	return all
}
