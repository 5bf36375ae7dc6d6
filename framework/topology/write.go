package topology

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"

	"go.yaml.in/yaml/v3"
)

// YAML writes the topology as a file that Load reads back to the same value.
// It leaves out the values that the loader fills in by itself. The warnings are the
// loader's, and no part of the file.
func (t *Topology) YAML() ([]byte, error) {
	file := written{
		Name: t.Name, Description: t.Description,
		Pods: texts(t.Pods), Services: texts(t.Services),
		ExternalIPs: texts(t.ExternalIPs), LoadBalancerIPs: texts(t.LoadBalancerIPs),
		Management: inline[writtenManagement]{writtenManagement{Prefix: t.Management.Prefix.String(), Control: t.Management.Control.String()}},
	}
	for _, h := range t.Hosts {
		gateways, err := t.gatewayNames(h)
		if err != nil {
			return nil, fmt.Errorf("write topology %s: %w", t.Name, err)
		}
		host := writtenHost{
			Name: h.Name, Role: string(h.Role), Rack: h.Rack, AS: h.AS,
			Management: addressOrNothing(h.Management), Gateways: gateways,
			DefaultOriginate: h.DefaultOriginate, GracefulShutdown: h.GracefulShutdown,
		}
		if h.Role != Client && h.RouterID != h.Address() {
			host.RouterID = addressOrNothing(h.RouterID)
		}
		if h.Role.routes() && h.Software != DefaultSoftware {
			host.Software = string(h.Software)
		}
		file.Hosts = append(file.Hosts, inline[writtenHost]{host})
	}
	for _, l := range t.Links {
		link := writtenLink{Name: l.Name, Bridge: l.Bridge}
		link.Prefix, link.Prefixes = texts(l.Prefixes).alone()
		if l.MTU != defaultMTU {
			link.MTU = l.MTU
		}
		for _, e := range l.Ends {
			end := writtenEnd{Host: e.Host, Interface: e.Name}
			var addresses []netip.Addr
			for _, address := range e.Addresses {
				addresses = append(addresses, address.Addr())
			}
			end.Address, end.Addresses = texts(addresses).alone()
			link.Ends = append(link.Ends, inline[writtenEnd]{end})
		}
		file.Links = append(file.Links, link)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, fmt.Errorf("write topology %s: %w", t.Name, err)
	}
	return out.Bytes(), nil
}

// written and the types below are the file as it is written: hosts and ends a
// line each, as in the topologies that people write.
type written struct {
	Name            string                    `yaml:"name"`
	Description     string                    `yaml:"description,omitempty"`
	Pods            writtenList               `yaml:"pods"`
	Services        writtenList               `yaml:"services"`
	ExternalIPs     writtenList               `yaml:"externalIPs,omitempty"`
	LoadBalancerIPs writtenList               `yaml:"loadBalancerIPs,omitempty"`
	Management      inline[writtenManagement] `yaml:"management"`
	Hosts           []inline[writtenHost]     `yaml:"hosts"`
	Links           []writtenLink             `yaml:"links"`
}

type writtenManagement struct {
	Prefix  string `yaml:"prefix"`
	Control string `yaml:"control"`
}

type writtenHost struct {
	Name       string   `yaml:"name"`
	Role       string   `yaml:"role"`
	Rack       string   `yaml:"rack,omitempty"`
	AS         uint32   `yaml:"as,omitempty"`
	RouterID   string   `yaml:"routerID,omitempty"`
	Software   string   `yaml:"software,omitempty"`
	Management string   `yaml:"management,omitempty"`
	Gateways   []string `yaml:"gateways,omitempty"`

	DefaultOriginate []string `yaml:"defaultOriginate,omitempty"`
	GracefulShutdown bool     `yaml:"gracefulShutdown,omitempty"`
}

type writtenLink struct {
	Name     string               `yaml:"name"`
	Bridge   bool                 `yaml:"bridge,omitempty"`
	Prefix   string               `yaml:"prefix,omitempty"`
	Prefixes writtenList          `yaml:"prefixes,omitempty"`
	MTU      int                  `yaml:"mtu,omitempty"`
	Ends     []inline[writtenEnd] `yaml:"ends"`
}

type writtenEnd struct {
	Host      string      `yaml:"host"`
	Interface string      `yaml:"interface"`
	Address   string      `yaml:"address,omitempty"`
	Addresses writtenList `yaml:"addresses,omitempty"`
}

// writtenList is a list of which a single value is written alone.
type writtenList []string

func texts[T fmt.Stringer](values []T) writtenList {
	var list writtenList
	for _, value := range values {
		list = append(list, value.String())
	}
	return list
}

// alone is the list for a pair of fields: the first has a single value, the second
// several.
func (l writtenList) alone() (string, writtenList) {
	if len(l) == 1 {
		return l[0], nil
	}
	return "", l
}

// MarshalYAML implements yaml.Marshaler.
func (l writtenList) MarshalYAML() (any, error) {
	if one, several := l.alone(); several == nil {
		return one, nil
	}
	return inline[[]string]{l}, nil
}

// inline is a mapping that is written on one line.
type inline[T any] struct{ value T }

// MarshalYAML implements yaml.Marshaler.
func (i inline[T]) MarshalYAML() (any, error) {
	var n yaml.Node
	if err := n.Encode(i.value); err != nil {
		return nil, err
	}
	n.Style = yaml.FlowStyle
	return &n, nil
}

// gatewayNames names the hosts of a host's default gateways, each once: on several
// shared links it is one gateway with a next hop on each.
func (t *Topology) gatewayNames(h Host) ([]string, error) {
	var names []string
	for _, address := range h.Gateways {
		name, ok := t.HostOf(address)
		if !ok {
			return nil, fmt.Errorf("gateway %s of host %s is no host's address: use that of a host on one of its links", address, h.Name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func addressOrNothing(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
