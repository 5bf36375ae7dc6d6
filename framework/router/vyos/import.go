package vyos

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/topology"
)

// Options say of a topology what its routers' configurations do not.
type Options struct {
	// Name is the topology's name.
	Name string
	// Pods, Services and Management are the cluster's networks. The control plane
	// has the second address of the last one, nodes have its tenth and following.
	Pods, Services, Management netip.Prefix
	// Nodes names nodes by their addresses. A router with such a neighbour is a leaf.
	Nodes map[netip.Addr]string
}

// DefaultOptions are those of the topologies that come with Rackproof.
func DefaultOptions() Options {
	return Options{
		Name:       "imported",
		Pods:       netip.MustParsePrefix("10.244.0.0/16"),
		Services:   netip.MustParsePrefix("10.96.0.0/16"),
		Management: netip.MustParsePrefix("172.30.0.0/24"),
	}
}

// Places in the management network, counted from its network address.
const (
	controlPlace   = 2
	firstNodePlace = 10
)

// Imported is a topology that was made of routers' configurations.
type Imported struct {
	// Topology is what the loader makes of YAML.
	Topology *topology.Topology
	YAML     []byte
	// Remarks are those on the configurations, and say where Rackproof's own plan for
	// the topology differs from them.
	Remarks []string
}

// Import makes a topology of the configurations of a fabric's routers. A router is
// named after its file. One that has route reflector clients, neighbours of its own
// AS or a neighbour that the options name is a leaf, any other is a spine.
// Interfaces with one prefix are a link, and a bridge if they are more than two.
// Neighbours of leaves that are in no file are nodes, each in the rack of its leaf:
// node0, node1 and so on in the order of their addresses, unless the options name
// them. Leaves that share a network with nodes are in one rack.
//
// The error joins everything that is wrong, a line each.
func Import(boots []*Boot, o Options) (*Imported, error) {
	i := &importer{options: o}
	for _, step := range []func(){
		func() { i.findRouters(boots) }, i.findNodes, i.findLinks, i.checkNetworks, i.checkRouterIDs,
	} {
		step()
		if len(i.problems) > 0 {
			return nil, errors.Join(i.problems...)
		}
	}
	made := i.topology()
	yaml, err := made.YAML()
	if err != nil {
		return nil, err
	}
	// The loader has the last word, and fills in what the file leaves out.
	loaded, err := topology.Load(o.Name+".yaml", yaml, []topology.Software{Software})
	if err != nil {
		return nil, refused(err)
	}
	if err := i.compare(loaded, boots); err != nil {
		return nil, err
	}
	return &Imported{Topology: loaded, YAML: yaml, Remarks: i.allRemarks()}, nil
}

// refused says what the loader has against a topology whose file nobody has seen.
func refused(err error) error {
	problems, ok := errors.AsType[topology.Problems](err)
	if !ok {
		return err
	}
	lines := make([]error, 0, len(problems))
	for _, p := range problems {
		lines = append(lines, fmt.Errorf("no topology can be made of the files: %s", p.Text))
	}
	return errors.Join(lines...)
}

// importer makes a topology, and collects what is wrong instead of stopping at the
// first. A step begins only if nothing was wrong in those before.
type importer struct {
	options  Options
	routers  []*router
	nodes    []*node
	links    []*link
	problems []error
	// unplanned says why there is no plan to compare with.
	unplanned []string
}

// router is a router of the fabric and what is found out about it.
type router struct {
	*Boot
	name string
	role topology.Role
	rack string
	// noted are remarks on the router as a part of the fabric.
	noted topology.Problems
}

func (r *router) remark(line int, format string, args ...any) {
	r.noted = append(r.noted, r.at(line, format, args...))
}

func (i *importer) reject(format string, args ...any) {
	i.problems = append(i.problems, fmt.Errorf(format, args...))
}

func (i *importer) rejectAt(b *Boot, line int, format string, args ...any) {
	i.problems = append(i.problems, b.at(line, format, args...))
}

// hostName is the name of the router whose configuration is in a file: the file's
// name up to its first dot.
func hostName(file string) (string, error) {
	name, _, _ := strings.Cut(path.Base(file), ".")
	if err := topology.CheckName(name); err != nil {
		return "", fmt.Errorf("%s: routers are named after their files, and %w; rename the file, as in leaf0.boot", file, err)
	}
	return name, nil
}

// findRouters names the routers and finds their roles.
func (i *importer) findRouters(boots []*Boot) {
	if len(boots) == 0 {
		i.reject("there are no configurations to import: name the files of a fabric's routers")
	}
	named := map[string]*Boot{}
	owners := map[netip.Addr]*Boot{}
	for _, b := range boots {
		name, err := hostName(b.File)
		if err != nil {
			i.problems = append(i.problems, err)
			continue
		}
		if other, twice := named[name]; twice {
			i.reject("%s: routers are named after their files, and %s gives %s already: rename one", b.File, other.File, name)
			continue
		}
		named[name] = b
		r := &router{Boot: b, name: name, role: topology.Spine}
		for _, n := range b.Router.Neighbors {
			if _, named := i.options.Nodes[n.Address]; named || n.ReflectorClient || n.AS == b.Router.AS {
				r.role = topology.Leaf
			}
		}
		if b.Router.Host != "" && b.Router.Host != name {
			r.remark(b.lines[hostNameLine], "system host-name %s is left out: the router is named after its file, %s", b.Router.Host, name)
		}
		for _, port := range b.Interfaces {
			address := port.Address.Addr()
			if other, twice := owners[address]; twice {
				i.rejectAt(b, b.lines[port.Name], "address %s of %s is in %s too: change one", address, port.Name, other.File)
			}
			owners[address] = b
		}
		i.routers = append(i.routers, r)
	}
}

// owner finds the router that has an address.
func (i *importer) owner(address netip.Addr) (*router, bool) {
	for _, r := range i.routers {
		if _, ok := r.port(func(p netip.Prefix) bool { return p.Addr() == address }); ok {
			return r, true
		}
	}
	return nil, false
}

// allRemarks are the remarks on all files, in the order of the files and their
// lines.
func (i *importer) allRemarks() []string {
	var all []string
	for _, r := range i.routers {
		all = append(all, texts(slices.Concat(r.remarks, r.noted))...)
	}
	if len(i.nodes) == 0 {
		all = append(all, "the files name no node, so that no lab can be made of the topology: name one by its address, as in --node worker=10.1.5.11, which also makes its neighbors leaves; or add hosts with role node to the topology")
	}
	return append(all, i.unplanned...)
}
