package oracle

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
)

// checkFields refuses what the table of fields refuses (Fields).
func (s State) checkFields() error {
	all := map[string]fieldTable{}
	for _, f := range Fields() {
		if all[f.Kind] == nil {
			all[f.Kind] = fieldTable{}
		}
		all[f.Kind][f.Path] = f
	}
	var problems []error
	check := func(kind, name string, fields fieldTable, resource any) {
		r := resourceFields{kind, name, fields}
		problems = append(problems, r.refuse("", "", reflect.ValueOf(resource))...)
	}
	for _, c := range s.Resources.BGPConfigurations {
		fields := all[v3.KindBGPConfiguration]
		if strings.HasPrefix(c.Name, calico.NodePrefix) {
			fields = fields.bgpOfOneNode()
		}
		check(v3.KindBGPConfiguration, c.Name, fields, specOf{c.Spec})
	}
	for _, c := range s.Resources.FelixConfigurations {
		fields := all[v3.KindFelixConfiguration]
		if strings.HasPrefix(c.Name, calico.NodePrefix) {
			fields = fields.felixOfOneNode(s.Resources.ClusterRoutes())
		}
		check(v3.KindFelixConfiguration, c.Name, fields, specOf{c.Spec})
		problems = append(problems, checkAnnotations(c))
	}
	for _, p := range s.Resources.BGPPeers {
		check(v3.KindBGPPeer, p.Name, all[v3.KindBGPPeer], specOf{p.Spec})
	}
	for _, f := range s.Resources.BGPFilters {
		check(v3.KindBGPFilter, f.Name, all[v3.KindBGPFilter], specOf{f.Spec})
	}
	for _, p := range s.Resources.IPPools {
		check(v3.KindIPPool, p.Name, all[v3.KindIPPool], specOf{p.Spec})
	}
	return errors.Join(problems...)
}

// specOf is a resource without its metadata.
type specOf struct {
	Spec any `json:"spec"`
}

// fieldTable has the fields of one kind by their path.
type fieldTable map[string]Field

// bgpOfOneNode are the fields of a BGPConfiguration that is one node's. confd takes
// communities, the port and the log level from it, and passes over all others
// (updateBGPConfigCache in confd's client.go).
func (t fieldTable) bgpOfOneNode() fieldTable {
	own := []string{"spec.communities", "spec.prefixAdvertisements"}
	one := maps.Clone(t)
	for path, f := range t {
		if f.Treatment == Handled && !slices.Contains(own, path) {
			f.Treatment, f.Reason = Refused, "Calico reads it in the BGPConfiguration named default alone"
			one[path] = f
		}
	}
	for _, path := range []string{"spec.bindMode", "spec.ignoredInterfaces"} {
		f := one[path]
		f.Treatment, f.Reason = NoEffect, "Calico reads it in the BGPConfiguration named default alone"
		one[path] = f
	}
	// The API server sets this everywhere.
	f := one["spec.serviceLoadBalancerAggregation"]
	f.Passes = []string{string(v3.ServiceLoadBalancerAggregationEnabled)}
	one[f.Path] = f
	return one
}

// felixOfOneNode are the fields of a FelixConfiguration that is one node's. The owner of
// routes must be the same on all nodes.
func (t fieldTable) felixOfOneNode(all calico.ClusterRoutes) fieldTable {
	one := maps.Clone(t)
	f := one["spec.programClusterRoutes"]
	f.Treatment, f.Passes, f.Reason = Refused, []string{all.OfFelix()}, "the owner of routes is the same on all nodes: set it in the FelixConfiguration named default"
	one[f.Path] = f
	return one
}

// resourceFields are those of one resource.
type resourceFields struct {
	kind, name string
	fields     fieldTable
}

// refuse refuses what is set in a value at a path. The pattern is the path with [] for
// each item of a list.
func (r resourceFields) refuse(path, pattern string, v reflect.Value) []error {
	if !isSet(v) {
		return nil
	}
	if f, ok := r.fields[pattern]; ok {
		if f.Treatment != Refused || f.passes(v) {
			return nil
		}
		name := strings.TrimPrefix(path, "spec.")
		return []error{refuse(r.kind, r.name, path, "%s is not supported: %s (%s)", name, f.Reason, f.remedy())}
	}
	var problems []error
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return r.refuse(path, pattern, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			problems = append(problems, r.refuse(fmt.Sprintf("%s[%d]", path, i), pattern+"[]", v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := jsonName(v.Type().Field(i))
			problems = append(problems, r.refuse(below(path, name), below(pattern, name), v.Field(i))...)
		}
	default:
		problems = append(problems, refuse(r.kind, r.name, path, "%s is unknown to the oracle: remove it", strings.TrimPrefix(path, "spec.")))
	}
	return problems
}

// remedy says what to do about a refused field.
func (f Field) remedy() string {
	if len(f.Passes) == 0 {
		return "remove it"
	}
	return fmt.Sprintf("use %s, or remove it", strings.Join(f.Passes, " or "))
}

// passes reports whether a refused field may have a value.
func (f Field) passes(v reflect.Value) bool {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	text := fmt.Sprint(v.Interface())
	return slices.ContainsFunc(f.Passes, func(value string) bool { return strings.EqualFold(value, text) })
}

// isSet reports whether a value is in the resource: a pointer to false is.
func isSet(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() > 0
	}
	return !v.IsZero()
}

// jsonName is a field's name in a resource.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// checkAnnotations refuses annotations that go before the spec
// (updateprocessors/configurationprocessor.go). Calico's client keeps a resource's
// annotations in one annotation of the stored object.
func checkAnnotations(c v3.FelixConfiguration) error {
	const prefix = "config.projectcalico.org/"
	for _, key := range slices.Sorted(maps.Keys(c.Annotations)) {
		if strings.HasPrefix(key, prefix) || strings.Contains(c.Annotations[key], `"`+prefix) {
			return refuse(v3.KindFelixConfiguration, c.Name, "metadata.annotations", "annotation %s has a setting of Felix (%s…), which goes before the spec: move it into the spec", key, prefix)
		}
	}
	return nil
}
