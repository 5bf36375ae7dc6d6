package calico

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LoadMode reads a mode's folder. Name is what messages call the folder; files
// are its files by their slash-separated path inside it: mode.yaml, and below
// calico/ resources that `calicoctl apply -f` takes as they are. The error joins
// everything that is wrong, each with file, line and what to do.
func LoadMode(name string, files map[string][]byte) (*Mode, error) {
	l := &loader{mode: &Mode{sources: map[resourceID]string{}}}
	if _, ok := files["mode.yaml"]; !ok {
		l.report(fmt.Errorf("%s: it has no mode.yaml: add one with name, description and leafToNode", name))
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		load := l.resource
		switch {
		case file == "mode.yaml":
			load = l.header
		case path.Dir(file) != "calico" || path.Ext(file) != ".yaml":
			l.report(fmt.Errorf("%s: a mode has mode.yaml and calico/*.yaml: rename the file or remove it", path.Join(name, file)))
			continue
		}
		all, err := documents(path.Join(name, file), files[file])
		l.report(err)
		for _, d := range all {
			l.report(load(d))
		}
	}
	if err := errors.Join(l.problems...); err != nil {
		return nil, err
	}
	return l.mode, nil
}

type loader struct {
	mode     *Mode
	problems []error
}

func (l *loader) report(err error) {
	if err != nil {
		l.problems = append(l.problems, err)
	}
}

// header reads mode.yaml.
func (l *loader) header(d document) error {
	if l.mode.Name != "" {
		return d.reject("", "mode.yaml has a second document: remove it")
	}
	var header struct {
		Name             string      `json:"name"`
		Description      string      `json:"description"`
		LeafToNode       NodePeering `json:"leafToNode"`
		LeafNodeSelector string      `json:"leafNodeSelector"`
		RouteOwner       RouteOwner  `json:"routeOwner"`
	}
	if err := d.decode(&header); err != nil {
		return err
	}
	if header.Name == "" {
		return d.reject("name", "the mode has no name: add name")
	}
	switch header.LeafToNode {
	case NoPeering, Reflector, Peer:
	default:
		return d.reject("leafToNode", "leafToNode is %q: use %s, %s or %s", header.LeafToNode, NoPeering, Reflector, Peer)
	}
	if header.LeafToNode == NoPeering && header.LeafNodeSelector != "" {
		return d.reject("leafNodeSelector", "leafToNode is %s, so there is nothing to select: remove leafNodeSelector", NoPeering)
	}
	switch header.RouteOwner {
	case "":
		header.RouteOwner = BIRDOwns // Calico's default without encapsulation, in every version
	case BIRDOwns, FelixOwns:
	default:
		return d.reject("routeOwner", "routeOwner is %q: use %s or %s", header.RouteOwner, BIRDOwns, FelixOwns)
	}
	l.mode.Name, l.mode.Description, l.mode.RouteOwner = header.Name, header.Description, header.RouteOwner
	l.mode.LeafToNode, l.mode.LeafNodeSelector = header.LeafToNode, header.LeafNodeSelector
	return validateSelector(d, "leafNodeSelector", header.LeafNodeSelector)
}

// resource reads one Calico resource.
func (l *loader) resource(d document) error {
	var id struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        struct{ Name string }
	}
	if err := d.peek(&id); err != nil {
		return err
	}
	if id.APIVersion != v3.GroupVersionCurrent {
		return d.reject("apiVersion", "apiVersion is %q: use %s", id.APIVersion, v3.GroupVersionCurrent)
	}
	if id.Metadata.Name == "" {
		return d.reject("metadata", "the %s has no name: add metadata.name", id.Kind)
	}
	self := resourceID{id.Kind, id.Metadata.Name}
	if source, twice := l.mode.sources[self]; twice {
		return d.reject("metadata.name", "%s is there already (%s): rename or remove one", self, source)
	}
	l.mode.sources[self] = fmt.Sprintf("%s:%d", d.file, d.line(""))
	r := &l.mode.Resources
	switch id.Kind {
	case v3.KindBGPConfiguration:
		return add(d, &r.BGPConfigurations, validateBGPConfiguration)
	case v3.KindBGPPeer:
		return add(d, &r.BGPPeers, validateBGPPeer)
	case v3.KindBGPFilter:
		return add(d, &r.BGPFilters, validateBGPFilter)
	case v3.KindFelixConfiguration:
		return add(d, &r.FelixConfigurations, validateFelixConfiguration)
	case v3.KindIPPool:
		return add(d, &r.IPPools, validateIPPool)
	case kindNode:
		return add(d, &r.Nodes, validateNode)
	}
	known := []string{v3.KindBGPConfiguration, v3.KindBGPFilter, v3.KindBGPPeer, v3.KindFelixConfiguration, v3.KindIPPool, kindNode}
	return d.reject("kind", "unknown kind %q: use one of %s", id.Kind, strings.Join(known, ", "))
}

// add decodes a resource, checks it by itself and puts it with its like.
func add[R any](d document, resources *[]R, validate func(document, R) error) error {
	var resource R
	if err := d.decode(&resource); err != nil {
		return err
	}
	*resources = append(*resources, resource)
	return validate(d, resource)
}

// resourceID names a resource within a mode.
type resourceID struct{ kind, name string }

// String names the resource as calicoctl does.
func (id resourceID) String() string { return id.kind + " " + id.name }
