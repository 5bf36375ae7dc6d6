package yamlfile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Unmarshal reads a file of one document into a struct with yaml tags. The error joins
// everything that is wrong. Of the types with methods of their own (yaml.Unmarshaler,
// encoding.TextUnmarshaler) it looks at the value as a whole only.
func Unmarshal(file string, data []byte, into any) error {
	documents, err := Read(file, data)
	if err != nil {
		return err
	}
	if len(documents) == 0 {
		return &Error{File: file, Line: 1, Err: errors.New("the file is empty: fill it")}
	}
	if len(documents) > 1 {
		return documents[1].Errorf("", "a second document begins here: remove it")
	}
	d := documents[0]
	if problems := d.fields(d.Root, reflect.TypeOf(into).Elem(), "the file"); len(problems) > 0 {
		return errors.Join(problems...)
	}
	if err := d.Root.Decode(into); err != nil {
		return d.Errorf("", "%w: correct the value", err)
	}
	return nil
}

// fields finds what a node has and a type has not.
func (d Document) fields(n *yaml.Node, t reflect.Type, where string) []error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.AliasNode {
		return []error{Document{File: d.File, Root: n}.alias(where)}
	}
	wrong := func(form string) []error {
		return []error{d.at(n.Line, "%s is %s: write %s", where, kindOf(n), form)}
	}
	var problems []error
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == nullTag:
	case whole(t):
		if err := n.Decode(reflect.New(t).Interface()); err != nil {
			return []error{d.at(n.Line, "%s is %s, which is no %s: correct the value", where, kindOf(n), t)}
		}
	case t.Kind() == reflect.Struct:
		known := tags(t)
		if n.Kind != yaml.MappingNode {
			return wrong("a mapping")
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			field, ok := known[key.Value]
			if !ok {
				problems = append(problems, d.at(key.Line, "unknown field %q in %s: correct its name or remove it", key.Value, where))
				continue
			}
			problems = append(problems, d.fields(value, field, key.Value)...)
		}
	case t.Kind() == reflect.Map:
		if n.Kind != yaml.MappingNode {
			return wrong("a mapping")
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			problems = append(problems, d.fields(n.Content[i+1], t.Elem(), n.Content[i].Value)...)
		}
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return wrong("a list")
		}
		for i, item := range n.Content {
			problems = append(problems, d.fields(item, t.Elem(), fmt.Sprintf("%s[%d]", where, i))...)
		}
	}
	return problems
}

// whole reports whether a type's values are not looked into.
func whole(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		return t.NumField() > 0 && len(tags(t)) == 0
	case reflect.Map, reflect.Slice:
		return false
	}
	return true
}

// tags are the types of a struct's fields by the names that their yaml tags give them.
func tags(t reflect.Type) map[string]reflect.Type {
	known := map[string]reflect.Type{}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" && name != "-" {
			known[name] = field.Type
		}
	}
	return known
}
