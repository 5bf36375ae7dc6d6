package calico

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
	strictjson "sigs.k8s.io/json"
)

// document is one document of a YAML file. It keeps the tree, whose nodes know
// their lines, so that whatever is said about it names the line.
type document struct {
	file string
	root *yaml.Node
}

// documents splits a file at its `---` lines; empty documents are passed over.
func documents(file string, data []byte) ([]document, error) {
	var all []document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: not YAML: %w: correct the syntax", file, err)
		}
		if root := node.Content[0]; root.ShortTag() != "!!null" {
			all = append(all, document{file: file, root: root})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: the file has nothing in it: fill it or remove it", file)
	}
	return all, nil
}

// decode reads the document into a type with json tags, as the API server would:
// fields that the type does not have, and fields that are there twice, are
// errors.
func (d document) decode(into any) error {
	data, err := d.json()
	if err != nil {
		return d.reject("", "%w: correct it", err)
	}
	strict, err := strictjson.UnmarshalStrict(data, into)
	if err != nil {
		return d.reject("", "%w: correct the value", err)
	}
	var problems []error
	for _, err := range strict {
		path := ""
		if field, ok := errors.AsType[strictjson.FieldError](err); ok {
			path = field.FieldPath()
		}
		problems = append(problems, d.reject(path, "%w: correct its name or remove it", err))
	}
	return errors.Join(problems...)
}

// peek reads single fields of the document and passes over all others.
func (d document) peek(into any) error {
	data, err := d.json()
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return d.reject("", "%w: correct it", err)
	}
	return nil
}

func (d document) json() ([]byte, error) {
	var value any
	if err := d.root.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// reject makes an error that names the line of a field, given by its path
// (`spec.peerIP`).
func (d document) reject(path, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", d.file, d.line(path), fmt.Errorf(format, args...))
}

// line is the line of a field, or of the innermost field around it that the
// document has.
func (d document) line(path string) int {
	node, line := d.root, d.root.Line
	for name := range strings.SplitSeq(path, ".") {
		i := 0
		for i+1 < len(node.Content) && node.Content[i].Value != name {
			i += 2
		}
		if node.Kind != yaml.MappingNode || i+1 >= len(node.Content) {
			break
		}
		line, node = node.Content[i].Line, node.Content[i+1]
	}
	return line
}
