package topology

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rackproof/rackproof/framework/yamlfile"
)

// field is a value of the file with its line. A line of 0 means that the file
// does not have the field; ok is false for a value that was reported as wrong.
type field[T any] struct {
	value T
	line  int
	ok    bool
}

func (f field[T]) given() bool { return f.line != 0 }

// document and the other types below are the file as it is written, before
// any comparison.
type document struct {
	line           int
	name           field[string]
	description    field[string]
	pods, services []field[netip.Prefix]
	externalIPs    []field[netip.Prefix]
	loadBalancers  []field[netip.Prefix]
	management     management
	hosts          []*host
	links          []*link
}

type management struct {
	line    int
	prefix  field[netip.Prefix]
	control field[netip.Addr]
}

type host struct {
	line                 int
	name                 field[string]
	role                 field[Role]
	rack                 field[string]
	as                   field[uint32]
	software             field[Software]
	routerID, management field[netip.Addr]
	gateways             []field[string]
	defaultOriginate     []field[string]
	gracefulShutdown     field[bool]
}

type link struct {
	line     int
	name     field[string]
	prefixes []field[netip.Prefix]
	bridge   field[bool]
	mtu      field[int]
	ends     []end
}

type end struct {
	line       int
	host, port field[string]
	addresses  []field[netip.Addr]
}

// decoder walks the YAML tree, because only its nodes know their lines, and
// collects what is wrong instead of stopping at the first.
type decoder struct {
	file string
	// software is what routers can run.
	software []Software
	problems Problems
	warnings []string
	// six is the first IPv6 address of the file.
	six field[netip.Addr]
}

func (d *decoder) reject(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) warn(line int, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{File: d.file, Line: line, Text: fmt.Sprintf(format, args...)}.Error())
}

// document decodes the file. It returns false where there is nothing to go on
// with.
func (d *decoder) document(data []byte) (document, bool) {
	documents, err := yamlfile.Read(d.file, data)
	if err != nil {
		d.report(err)
		return document{}, false
	}
	if len(documents) == 0 {
		d.reject(1, "the file is empty: describe a topology in it")
		return document{}, false
	}
	if len(documents) > 1 {
		d.reject(documents[1].Root.Line, "a second document begins here: put each topology into a file of its own")
	}
	top := documents[0].Root
	doc := document{line: top.Line}
	ok := d.mapping(top, "a topology", map[string]func(*yaml.Node){
		"name":            scalar(d, "name", parseLabel, &doc.name),
		"description":     scalar(d, "description", parseText, &doc.description),
		"pods":            several(d, "pods", parsePrefix, &doc.pods),
		"services":        several(d, "services", parsePrefix, &doc.services),
		"externalIPs":     several(d, "externalIPs", parsePrefix, &doc.externalIPs),
		"loadBalancerIPs": several(d, "loadBalancerIPs", parsePrefix, &doc.loadBalancers),
		"management":      func(n *yaml.Node) { doc.management = d.management(n) },
		"hosts":           func(n *yaml.Node) { doc.hosts = list(d, n, "hosts", d.host) },
		"links":           func(n *yaml.Node) { doc.links = list(d, n, "links", d.link) },
	})
	return doc, ok
}

func (d *decoder) management(n *yaml.Node) management {
	m := management{line: n.Line}
	d.mapping(n, "management", map[string]func(*yaml.Node){
		"prefix":  scalar(d, "management prefix", parsePrefix, &m.prefix),
		"control": scalar(d, "control", parseAddress, &m.control),
	})
	return m
}

func (d *decoder) host(n *yaml.Node) *host {
	h := &host{line: n.Line}
	d.mapping(n, "a host", map[string]func(*yaml.Node){
		"name":       scalar(d, "name", parseLabel, &h.name),
		"role":       scalar(d, "role", parseRole, &h.role),
		"rack":       scalar(d, "rack", parseLabel, &h.rack),
		"as":         scalar(d, "as", parseAS, &h.as),
		"routerID":   scalar(d, "routerID", parseRouterID, &h.routerID),
		"software":   scalar(d, "software", parseSoftware(d.software), &h.software),
		"management": scalar(d, "management", parseAddress, &h.management),
		"gateways": func(n *yaml.Node) {
			h.gateways = list(d, n, "gateways", func(n *yaml.Node) field[string] {
				var gateway field[string]
				scalar(d, "gateway", parseLabel, &gateway)(n)
				return gateway
			})
		},
		"defaultOriginate": many(d, "defaultOriginate", parseLabel, &h.defaultOriginate),
		"gracefulShutdown": scalar(d, "gracefulShutdown", parseBool, &h.gracefulShutdown),
	})
	return h
}

func (d *decoder) link(n *yaml.Node) *link {
	l := &link{line: n.Line}
	d.mapping(n, "a link", map[string]func(*yaml.Node){
		"name":     scalar(d, "name", parseLinkName, &l.name),
		"prefix":   one(d, "prefix", parsePrefix, &l.prefixes),
		"prefixes": many(d, "prefixes", parsePrefix, &l.prefixes),
		"bridge":   scalar(d, "bridge", parseBool, &l.bridge),
		"mtu":      scalar(d, "mtu", parseMTU, &l.mtu),
		"ends":     func(n *yaml.Node) { l.ends = list(d, n, "ends", d.end) },
	})
	return l
}

func (d *decoder) end(n *yaml.Node) end {
	e := end{line: n.Line}
	d.mapping(n, "an end", map[string]func(*yaml.Node){
		"host":      scalar(d, "host", parseLabel, &e.host),
		"interface": scalar(d, "interface", parseInterface, &e.port),
		"address":   one(d, "address", parseAddress, &e.addresses),
		"addresses": many(d, "addresses", parseAddress, &e.addresses),
	})
	return e
}

// mapping hands each field of a mapping to its function.
func (d *decoder) mapping(n *yaml.Node, what string, fields map[string]func(*yaml.Node)) bool {
	known := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	if !d.is(n, yaml.MappingNode, what, "a mapping with the fields "+known) {
		return false
	}
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		if decode, ok := fields[key.Value]; ok {
			decode(value)
		} else {
			d.reject(key.Line, "unknown field %q in %s: use %s", key.Value, what, known)
		}
	}
	return true
}

func list[T any](d *decoder, n *yaml.Node, what string, decode func(*yaml.Node) T) []T {
	if !d.is(n, yaml.SequenceNode, what, "a list") {
		return nil
	}
	var items []T
	for _, item := range n.Content {
		items = append(items, decode(item))
	}
	return items
}

func scalar[T any](d *decoder, what string, parse func(string) (T, error), into *field[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		into.line = n.Line
		if !d.is(n, yaml.ScalarNode, what, "a single value") {
			return
		}
		value, err := parse(n.Value)
		if err != nil {
			d.reject(n.Line, "%s: %v", what, err)
			return
		}
		into.value, into.ok = value, true
		if address := addressOf(value); address.Is6() && !d.six.given() {
			d.six = field[netip.Addr]{address, n.Line, true}
		}
	}
}

// addressOf is an address, or the one that a prefix begins with; invalid for any other value.
func addressOf(value any) netip.Addr {
	switch value := value.(type) {
	case netip.Addr:
		return value
	case netip.Prefix:
		return value.Addr()
	}
	return netip.Addr{}
}

// one reads the only value of a list.
func one[T any](d *decoder, what string, parse func(string) (T, error), into *[]field[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var value field[T]
		scalar(d, what, parse, &value)(n)
		*into = append(*into, value)
	}
}

// many reads a list of values.
func many[T any](d *decoder, what string, parse func(string) (T, error), into *[]field[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		list(d, n, what, func(n *yaml.Node) bool { one(d, what, parse, into)(n); return true })
	}
}

// several reads a value or a list of values.
func several[T any](d *decoder, what string, parse func(string) (T, error), into *[]field[T]) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			many(d, what, parse, into)(n)
			return
		}
		one(d, what, parse, into)(n)
	}
}

// is reports a node of another kind than wanted. Aliases are refused, so that
// what a line says is what it means and a file cannot grow by repeating itself.
func (d *decoder) is(n *yaml.Node, kind yaml.Kind, what, form string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.reject(n.Line, "%s is an alias (*%s), which topologies do not support: write it out", what, n.Value)
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		d.reject(n.Line, "%s has no value: write %s, or remove the field", what, form)
	case n.Kind != kind:
		d.reject(n.Line, "%s must be %s: rewrite it", what, form)
	default:
		return true
	}
	return false
}

// report takes over what the YAML reader says.
func (d *decoder) report(err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			d.report(one)
		}
		return
	}
	if found, ok := errors.AsType[*yamlfile.Error](err); ok {
		d.reject(found.Line, "%v", found.Err)
		return
	}
	d.reject(1, "%v", err)
}
