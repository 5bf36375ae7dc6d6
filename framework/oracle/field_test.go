package oracle_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// resourceTypes are the types of Calico's API, without their metadata.
func resourceTypes() map[string]reflect.Type {
	return map[string]reflect.Type{
		v3.KindBGPConfiguration:   reflect.TypeFor[v3.BGPConfiguration](),
		v3.KindBGPPeer:            reflect.TypeFor[v3.BGPPeer](),
		v3.KindBGPFilter:          reflect.TypeFor[v3.BGPFilter](),
		v3.KindIPPool:             reflect.TypeFor[v3.IPPool](),
		v3.KindFelixConfiguration: reflect.TypeFor[v3.FelixConfiguration](),
		calico.KindNode:           reflect.TypeFor[calico.Node](),
	}
}

// Every field of the API has exactly one treatment with a reason, and the list has no
// field that the API does not have.
func TestEveryFieldIsListed(t *testing.T) {
	listed := map[string]map[string]bool{}
	for _, f := range oracle.Fields() {
		if listed[f.Kind] == nil {
			listed[f.Kind] = map[string]bool{}
		}
		if listed[f.Kind][f.Path] {
			t.Errorf("%s %s is listed twice", f.Kind, f.Path)
		}
		listed[f.Kind][f.Path] = true
		if f.Reason == "" {
			t.Errorf("%s %s has no reason", f.Kind, f.Path)
		}
	}
	for kind, of := range resourceTypes() {
		left := maps.Clone(listed[kind])
		for field := range of.Fields() {
			if name := jsonName(field); name == "spec" || name == "status" {
				cross(t, kind, name, field.Type, left)
			}
		}
		for path := range left {
			t.Errorf("%s %s is listed, and Calico's API does not have it: remove it from oracle.Fields", kind, path)
		}
	}
}

// cross takes the fields of a type off the list.
func cross(t *testing.T, kind, path string, of reflect.Type, left map[string]bool) {
	t.Helper()
	if left[path] {
		delete(left, path)
		return
	}
	switch of.Kind() {
	case reflect.Pointer:
		cross(t, kind, path, of.Elem(), left)
	case reflect.Slice:
		cross(t, kind, path+"[]", of.Elem(), left)
	case reflect.Struct:
		for field := range of.Fields() {
			cross(t, kind, path+"."+jsonName(field), field.Type, left)
		}
	default:
		t.Errorf("%s %s: add it to oracle.Fields: handled, refused, or without effect for a reason", kind, path)
	}
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// A refused field is refused by its name, whatever its value, unless that is one of
// those that pass.
func TestRefusedFieldsAreRefused(t *testing.T) {
	for _, f := range oracle.Fields() {
		if f.Treatment != oracle.Refused {
			continue
		}
		t.Run(f.Kind+"/"+f.Path, func(t *testing.T) {
			state := filteredLeaf(t)
			if got := refusalOf(state, f, set(t, &state, f, "")); got == nil {
				t.Error("the state is accepted")
			}
			for _, value := range f.Passes {
				state := filteredLeaf(t)
				if got := refusalOf(state, f, set(t, &state, f, value)); got != nil {
					t.Errorf("%s does not pass: %v", value, got)
				}
			}
		})
	}
}

// refusalOf finds the refusal of a field that set has set in a resource.
func refusalOf(state oracle.State, f oracle.Field, name string) error {
	_, err := state.Tables()
	var found error
	walkErrors(err, func(one error) {
		if r, ok := errors.AsType[*oracle.Refusal](one); ok && r.Kind == f.Kind && r.Name == name && r.Path == strings.ReplaceAll(f.Path, "[]", "[0]") {
			found = one
		}
	})
	return found
}

func walkErrors(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			walkErrors(one, visit)
		}
		return
	}
	walkErrors(errors.Unwrap(err), visit)
}

// A field without effect changes nothing of what is expected.
func TestFieldsWithoutEffect(t *testing.T) {
	before := expectationOf(filteredLeaf(t))
	if before.err != "" {
		t.Fatal(before.err)
	}
	for _, f := range oracle.Fields() {
		if f.Treatment != oracle.NoEffect {
			continue
		}
		t.Run(f.Kind+"/"+f.Path, func(t *testing.T) {
			state := filteredLeaf(t)
			set(t, &state, f, "")
			if got := expectationOf(state); !reflect.DeepEqual(got, before) {
				t.Errorf("got %v, want %v", got, before)
			}
		})
	}
}

// expectation is everything that the oracle expects of a state.
type expectation struct {
	sessions session.Sessions
	tables   route.Tables
	paths    path.Tables
	err      string
}

func expectationOf(state oracle.State) expectation {
	var e expectation
	var errs [3]error
	e.sessions, errs[0] = state.Sessions()
	e.tables, errs[1] = state.Tables()
	e.paths, errs[2] = state.Paths()
	if err := errors.Join(errs[:]...); err != nil {
		e.err = err.Error()
	}
	return e
}

// filteredLeaf is a rack whose nodes peer with a leaf, with services and a filter.
func filteredLeaf(t *testing.T) oracle.State {
	t.Helper()
	return withServices(externalLeaf(t, exportFilter("f", rule(v3.Reject, v3.Equal, "10.244.11.0/26"))))
}

// set sets a field of the state's first resource of a kind: to a value, or to one that is
// none of those that pass. It returns the resource's name.
func set(t *testing.T, s *oracle.State, f oracle.Field, value string) string {
	t.Helper()
	r := &s.Resources
	r.FelixConfigurations = []v3.FelixConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "default"}}}
	r.Nodes = []calico.Node{{ObjectMeta: metav1.ObjectMeta{Name: "worker"}}}
	resource := map[string]metav1.Object{
		v3.KindBGPConfiguration: &r.BGPConfigurations[0], v3.KindBGPPeer: &r.BGPPeers[0], v3.KindBGPFilter: &r.BGPFilters[0],
		v3.KindIPPool: &r.IPPools[0], v3.KindFelixConfiguration: &r.FelixConfigurations[0], calico.KindNode: &r.Nodes[0],
	}[f.Kind]
	v := reflect.ValueOf(resource).Elem()
	for name := range strings.SplitSeq(f.Path, ".") {
		v = fieldNamed(t, v, strings.TrimSuffix(name, "[]"))
		if strings.HasSuffix(name, "[]") {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
		}
	}
	give(t, v, value, f.Passes)
	return resource.GetName()
}

// fieldNamed finds a field by its name in a resource.
func fieldNamed(t *testing.T, v reflect.Value, name string) reflect.Value {
	t.Helper()
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	for i := range v.NumField() {
		if jsonName(v.Type().Field(i)) == name {
			return v.Field(i)
		}
	}
	t.Fatalf("%s has no field %s", v.Type(), name)
	return v
}

// give gives a field the value that a text has, or one that is not among others.
func give(t *testing.T, v reflect.Value, text string, others []string) {
	t.Helper()
	if v.Type() == reflect.TypeFor[metav1.Duration]() {
		duration, err := time.ParseDuration(text)
		if text != "" && err != nil {
			t.Fatal(err)
		}
		if text == "" {
			duration = time.Second
		}
		v.Set(reflect.ValueOf(metav1.Duration{Duration: duration}))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		give(t, v.Elem(), text, others)
	case reflect.String:
		if text == "" {
			text = "other"
		}
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(text == "true" || text == "" && !slices.Contains(others, "true"))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		give(t, v.Index(0), text, others)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		give(t, key, text, others)
		give(t, value, text, others)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		give(t, v.Field(0), text, others)
	default:
		number := 7
		if text != "" {
			if _, err := fmt.Sscan(text, &number); err != nil {
				t.Fatal(err)
			}
		}
		v.Set(reflect.ValueOf(number).Convert(v.Type()))
	}
}
