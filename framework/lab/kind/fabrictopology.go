package kind

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// clabTopology is a topology file of containerlab (https://containerlab.dev/manual/topo-def-file),
// with the fields that are used.
type clabTopology struct {
	Name     string `yaml:"name"`
	Prefix   string `yaml:"prefix"`
	Mgmt     mgmt   `yaml:"mgmt"`
	Topology struct {
		Nodes map[string]clabNode `yaml:"nodes"`
		Links []clabLink          `yaml:"links"`
	} `yaml:"topology"`
}

// mgmt is containerlab's management network, which no node is in.
type mgmt struct {
	Network        string `yaml:"network"`
	ExternalAccess bool   `yaml:"external-access"`
}

type clabNode struct {
	Kind            string            `yaml:"kind"`
	Image           string            `yaml:"image,omitempty"`
	ImagePullPolicy string            `yaml:"image-pull-policy,omitempty"`
	NetworkMode     string            `yaml:"network-mode,omitempty"`
	RestartPolicy   string            `yaml:"restart-policy,omitempty"`
	Entrypoint      string            `yaml:"entrypoint,omitempty"`
	Cmd             string            `yaml:"cmd,omitempty"`
	Labels          map[string]string `yaml:"labels,omitempty"`
}

type clabLink struct {
	Endpoints [2]string `yaml:"endpoints,flow"`
	MTU       int       `yaml:"mtu"`
}

// The kinds of containerlab's nodes that labs have.
const (
	// kindExternal is a container that is there already.
	kindExternal = "ext-container"
	kindBridge   = "bridge"
	kindLinux    = "linux"
)

// fabricTopology is containerlab's topology of a lab: nodes and clients are
// containers that are there, routers are made by containerlab, links with bridges
// are bridges.
func fabricTopology(lab string, t *topology.Topology, routers []fabric.Router, images Images) ([]byte, error) {
	names, err := containerNames(lab, t)
	if err != nil {
		return nil, err
	}
	file := clabTopology{
		// containerlab's own name of a router's container is then that of names.
		Name: clusterName(lab), Prefix: "__lab-name",
		Mgmt: mgmt{Network: clusterName(lab)},
	}
	file.Topology.Nodes = map[string]clabNode{}
	ends := map[string]string{}
	for _, host := range t.Hosts {
		if !isRouter(host) {
			ends[host.Name] = names[host.Name]
			file.Topology.Nodes[names[host.Name]] = clabNode{Kind: kindExternal}
			continue
		}
		node, err := routerNode(host, routers, images)
		if err != nil {
			return nil, err
		}
		node.Labels = map[string]string{labLabel: lab}
		ends[host.Name] = host.Name
		file.Topology.Nodes[host.Name] = node
	}
	for _, link := range t.Links {
		if !link.Bridge {
			a, b := link.Ends[0], link.Ends[1]
			file.Topology.Links = append(file.Topology.Links, clabLink{[2]string{ends[a.Host] + ":" + a.Name, ends[b.Host] + ":" + b.Name}, link.MTU})
			continue
		}
		if _, taken := file.Topology.Nodes[link.Name]; taken {
			return nil, fmt.Errorf("topology %s: link %s has the name of a host: rename one", t.Name, link.Name)
		}
		file.Topology.Nodes[link.Name] = clabNode{Kind: kindBridge}
		for _, end := range link.Ends {
			port := portName(t, link.Name, end.Host)
			file.Topology.Links = append(file.Topology.Links, clabLink{[2]string{ends[end.Host] + ":" + end.Name, link.Name + ":" + port}, link.MTU})
		}
	}
	data, err := yaml.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("write containerlab's topology: %w", err)
	}
	return data, nil
}

// portName names a bridge's port: all bridges are in one namespace, so a port has the
// numbers of its link and its end.
func portName(t *topology.Topology, link, host string) string {
	l := slices.IndexFunc(t.Links, func(l topology.Link) bool { return l.Name == link })
	e := slices.IndexFunc(t.Links[l].Ends, func(i topology.Interface) bool { return i.Host == host })
	return fmt.Sprintf("port%d-%d", l, e)
}

// isRouter reports whether containerlab makes the host.
func isRouter(host topology.Host) bool {
	return host.Role == topology.Leaf || host.Role == topology.Spine
}

// routerNode is a router's container. Its programs are started later, so that it does
// nothing until its links are there and can be stopped and started one by one.
func routerNode(host topology.Host, routers []fabric.Router, images Images) (clabNode, error) {
	node := clabNode{
		Kind: kindLinux, ImagePullPolicy: "Never", NetworkMode: "none", RestartPolicy: "no",
		Entrypoint: "sleep", Cmd: "infinity",
	}
	software := host.Software
	if i := slices.IndexFunc(routers, func(r fabric.Router) bool { return r.Host == host.Name }); i >= 0 {
		software = routers[i].Software
	}
	if _, err := drivers.Of(software); err != nil {
		return clabNode{}, fmt.Errorf("%s: %w", host.Name, err)
	}
	node.Image = images.Routers[software]
	return node, nil
}
