package yamlfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	strictjson "sigs.k8s.io/json"
)

// Decode reads the document into a type with json tags, as an API server would: fields
// that the type does not have are errors. The error joins everything that is wrong.
func (d Document) Decode(into any) error {
	data, err := d.json()
	if err != nil {
		return err
	}
	strict, err := strictjson.UnmarshalStrict(data, into)
	if err != nil {
		return d.wrongValue(err)
	}
	var problems []error
	for _, err := range strict {
		path, text := "", err.Error()
		if field, ok := errors.AsType[strictjson.FieldError](err); ok {
			path = field.FieldPath()
		}
		problems = append(problems, d.Errorf(path, "%s: correct its name or remove it", text))
	}
	return errors.Join(problems...)
}

// Peek reads single fields of the document into a type with json tags, and passes over
// all others.
func (d Document) Peek(into any) error {
	data, err := d.json()
	if err != nil {
		return err
	}
	if err := strictjson.UnmarshalCaseSensitivePreserveInts(data, into); err != nil {
		return d.wrongValue(err)
	}
	return nil
}

// wrongValue is the error for a value that its field cannot have.
func (d Document) wrongValue(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := wrong.Field
		if field == "" {
			field = "the value"
		}
		return d.Errorf(wrong.Field, "%s is a %s, and has to be a %s: correct the value", field, yamlName(wrong.Value), yamlName(wrong.Type.Kind().String()))
	}
	return d.Errorf("", "%w: correct the value", err)
}

// yamlName names a kind of Go type, or of JSON value, as YAML does.
func yamlName(kind string) string {
	switch {
	case kind == "struct" || kind == "map" || kind == "object":
		return "mapping"
	case kind == "slice" || kind == "array":
		return "list"
	case kind == "bool":
		return "boolean"
	case strings.HasPrefix(kind, "int") || strings.HasPrefix(kind, "uint") || strings.HasPrefix(kind, "float"):
		return "number"
	}
	return kind
}

func (d Document) json() ([]byte, error) {
	var value any
	if err := d.Root.Decode(&value); err != nil {
		return nil, d.Errorf("", "%w: correct it", err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, d.Errorf("", "%w: correct it", fmt.Errorf("what cannot be written as JSON: %w", err))
	}
	return data, nil
}
