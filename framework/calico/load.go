package calico

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/yamlfile"
)

// LoadMode reads a mode's folder. Name is what messages call the folder; files
// are its files by their slash-separated path inside it: mode.yaml, and below
// calico/ resources that `calicoctl apply -f` takes as they are. The error joins
// everything that is wrong, each with file, line and what to do.
func LoadMode(name string, files map[string][]byte) (*Mode, error) {
	l := &loader{mode: &Mode{sources: map[resourceID]yamlfile.Document{}}}
	if _, ok := files["mode.yaml"]; !ok {
		l.report(fmt.Errorf("%s: it has no mode.yaml: add one with name, description and leafToNode", name))
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		load := l.resources
		switch {
		case file == "mode.yaml":
			load = l.header
		case path.Dir(file) != "calico" || path.Ext(file) != ".yaml":
			l.report(fmt.Errorf("%s: a mode has mode.yaml and calico/*.yaml: rename the file or remove it", path.Join(name, file)))
			continue
		}
		all, err := yamlfile.Read(path.Join(name, file), files[file])
		l.report(err)
		if err == nil && len(all) == 0 {
			l.report(fmt.Errorf("%s: the file has nothing in it: fill it or remove it", path.Join(name, file)))
		}
		for _, d := range all {
			l.report(load(d))
		}
	}
	l.withoutFlannel()
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
func (l *loader) header(d yamlfile.Document) error {
	if l.mode.header != nil {
		return d.Errorf("", "mode.yaml has a second document: remove it")
	}
	var header struct {
		Name             string      `json:"name"`
		Description      string      `json:"description"`
		LeafToNode       NodePeering `json:"leafToNode"`
		LeafNodeSelector string      `json:"leafNodeSelector"`
		RouteOwner       RouteOwner  `json:"routeOwner"`
		Flannel          *Flannel    `json:"flannel"`
		Backend          Backend     `json:"backend"`
	}
	l.mode.header = &d
	if err := d.Mapping("a mode", "name", "description", "leafToNode"); err != nil {
		return err
	}
	if err := d.Decode(&header); err != nil {
		return err
	}
	if header.Name == "" {
		return d.Errorf("name", "the mode has no name: add name")
	}
	switch header.LeafToNode {
	case NoPeering, Reflector, Peer:
	default:
		return d.Errorf("leafToNode", "leafToNode is %q: use %s, %s or %s", header.LeafToNode, NoPeering, Reflector, Peer)
	}
	if header.LeafToNode == NoPeering && header.LeafNodeSelector != "" {
		return d.Errorf("leafNodeSelector", "leafToNode is %s, so there is nothing to select: remove leafNodeSelector", NoPeering)
	}
	if header.Flannel != nil {
		if err := checkFlannel(d, header.Flannel, header.LeafToNode, header.RouteOwner); err != nil {
			return err
		}
	}
	switch header.RouteOwner {
	case "":
		header.RouteOwner = BIRDOwns // Calico's default without encapsulation, in every version
	case BIRDOwns, FelixOwns:
	default:
		return d.Errorf("routeOwner", "routeOwner is %q: use %s or %s", header.RouteOwner, BIRDOwns, FelixOwns)
	}
	if header.Flannel != nil {
		header.RouteOwner = FlannelOwns
	}
	l.mode.Name, l.mode.Description, l.mode.RouteOwner = header.Name, header.Description, header.RouteOwner
	l.mode.LeafToNode, l.mode.LeafNodeSelector, l.mode.Flannel = header.LeafToNode, header.LeafNodeSelector, header.Flannel
	l.mode.Backend = cmp.Or(header.Backend, BIRDBackend)
	if err := checkBackend(d, l.mode.Backend, header.LeafToNode, header.RouteOwner); err != nil {
		return err
	}
	return validateSelector(d, "leafNodeSelector", header.LeafNodeSelector)
}

// checkFlannel refuses what does not go with flannel's pod network.
func checkFlannel(d yamlfile.Document, f *Flannel, leafToNode NodePeering, owner RouteOwner) error {
	switch err := f.check(); {
	case err != nil:
		return d.Errorf("flannel.backend", "%w", err)
	case leafToNode != NoPeering:
		return d.Errorf("leafToNode", "leafToNode is %s, and with flannel nodes have no BGP: use %s", leafToNode, NoPeering)
	case owner != "":
		return d.Errorf("routeOwner", "the routes are flannel's: remove routeOwner")
	}
	return nil
}

// withoutFlannel refuses resources of a mode with flannel that nothing would read: there
// is no BGP, and no pool. FelixConfigurations are left.
func (l *loader) withoutFlannel() {
	if l.mode.Flannel == nil {
		return
	}
	for _, self := range slices.SortedFunc(maps.Keys(l.mode.sources), func(a, b resourceID) int { return cmp.Compare(a.String(), b.String()) }) {
		if self.kind != v3.KindFelixConfiguration {
			l.report(l.mode.sources[self].Errorf("kind", "%s: the pod network is flannel's, and nothing reads it: remove it", self))
		}
	}
}

// resources reads what `calicoctl apply -f` takes as one document: a resource, a list
// of resources by its kind (BGPPeerList, or kubectl's List), or a sequence of either
// (calicoctl/resourcemgr, createResourcesFromBytes).
func (l *loader) resources(d yamlfile.Document) error {
	if d.IsList() {
		return l.each(d, metav1.TypeMeta{})
	}
	if err := d.Mapping("a resource", "apiVersion", "kind", "metadata", "spec"); err != nil {
		return err
	}
	var kind metav1.TypeMeta
	if err := d.Peek(&kind); err != nil {
		return err
	}
	of, isList := strings.CutSuffix(kind.Kind, "List")
	if !isList {
		return l.resource(d, metav1.TypeMeta{})
	}
	// Items of a list of one kind may leave the kind out.
	inherited := metav1.TypeMeta{APIVersion: kind.APIVersion, Kind: of}
	if of == "" {
		if kind.APIVersion != "v1" {
			return d.Errorf("apiVersion", "apiVersion of a List is %q: use v1", kind.APIVersion)
		}
		inherited = metav1.TypeMeta{}
	} else if !slices.Contains(kinds(), of) {
		return unknownKind(d, kind.Kind)
	}
	var list struct {
		metav1.TypeMeta `json:",inline"`
		metav1.ListMeta `json:"metadata"`
		Items           []any `json:"items"`
	}
	if err := d.Decode(&list); err != nil {
		return err
	}
	items, ok := d.Field("items")
	if !ok {
		return d.Errorf("", "the %s has no items: add items, or remove it", kind.Kind)
	}
	return l.each(items, inherited)
}

// each reads the items of a list.
func (l *loader) each(list yamlfile.Document, inherited metav1.TypeMeta) error {
	items, err := list.Items()
	if err != nil {
		return err
	}
	var problems []error
	for _, item := range items {
		if inherited.Kind == "" {
			problems = append(problems, l.resources(item))
		} else if err := item.Mapping("a resource", "metadata", "spec"); err != nil {
			problems = append(problems, err)
		} else {
			problems = append(problems, l.resource(item, inherited))
		}
	}
	return errors.Join(problems...)
}

// resource reads one Calico resource. Inherited are its kind and its API version where
// it does not say.
func (l *loader) resource(d yamlfile.Document, inherited metav1.TypeMeta) error {
	var id struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := d.Peek(&id); err != nil {
		return err
	}
	id.APIVersion, id.Kind = cmp.Or(id.APIVersion, inherited.APIVersion), cmp.Or(id.Kind, inherited.Kind)
	if id.APIVersion != v3.GroupVersionCurrent {
		return d.Errorf("apiVersion", "apiVersion is %q: use %s", id.APIVersion, v3.GroupVersionCurrent)
	}
	if inherited.Kind != "" && id.Kind != inherited.Kind {
		return d.Errorf("kind", "a %s is in a %sList: put it into a document of its own", id.Kind, inherited.Kind)
	}
	if id.Kind == "" {
		return d.Errorf("", "the resource has no kind: add kind")
	}
	if id.Metadata.Name == "" {
		return d.Errorf("metadata", "the %s has no name: add metadata.name", id.Kind)
	}
	self := resourceID{id.Kind, id.Metadata.Name}
	if source, twice := l.mode.sources[self]; twice {
		return d.Errorf("metadata.name", "%s is there already (%s:%d): rename or remove one", self, source.File, source.Line(""))
	}
	l.mode.sources[self] = d
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
	case KindNode:
		return add(d, &r.Nodes, l.node)
	}
	return unknownKind(d, id.Kind)
}

// kinds are those of a mode's resources.
func kinds() []string {
	return []string{v3.KindBGPConfiguration, v3.KindBGPFilter, v3.KindBGPPeer, v3.KindFelixConfiguration, v3.KindIPPool, KindNode}
}

func unknownKind(d yamlfile.Document, kind string) error {
	return d.Errorf("kind", "unknown kind %q: use one of %s", kind, strings.Join(kinds(), ", "))
}

// add decodes a resource, checks it by itself and puts it with its like.
func add[R any](d yamlfile.Document, resources *[]R, validate func(yamlfile.Document, R) error) error {
	var resource R
	if err := d.Decode(&resource); err != nil {
		return err
	}
	*resources = append(*resources, resource)
	return validate(d, resource)
}

// node checks a Node, and remarks on fields of it that a lab does without: Kubernetes
// and Calico fill them in by themselves.
func (l *loader) node(d yamlfile.Document, n Node) error {
	if ignored := n.ignored(); len(ignored) > 0 {
		l.mode.Warnings = append(l.mode.Warnings, d.Errorf(ignored[0], "Node %s: %s left out, as Calico and Kubernetes fill in their own in a lab", n.Name, strings.Join(ignored, ", ")).Error())
	}
	return validateNode(d, n)
}

// resourceID names a resource within a mode.
type resourceID struct{ kind, name string }

// String names the resource as calicoctl does.
func (id resourceID) String() string { return id.kind + " " + id.name }
