package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is one document of a YAML file, or a part of one.
type Document struct {
	// File is what messages call the file.
	File string
	// Root is the document's tree, whose nodes know their lines.
	Root *yaml.Node
}

// Error is what is wrong at a line of a file.
type Error struct {
	File string
	// Line counts from 1.
	Line int
	// Err says what is wrong and what to do about it.
	Err error
}

// Error prints the fault as compilers do, so that editors find the line.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns the error without its place.
func (e *Error) Unwrap() error { return e.Err }

// Read splits a file into its documents. Empty documents are left out, and a file
// without any other has none. The error joins everything that is wrong with the
// syntax, each an *Error.
func Read(file string, data []byte) ([]Document, error) {
	var all []Document
	var problems []error
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var node yaml.Node
		err := decoder.Decode(&node)
		switch {
		case errors.Is(err, io.EOF) && len(problems) == 0:
			return all, nil
		case errors.Is(err, io.EOF):
			return nil, errors.Join(problems...)
		case err != nil:
			return nil, errors.Join(append(problems, syntaxError(file, err))...)
		}
		d := Document{File: file, Root: node.Content[0]}
		if d.Root.ShortTag() == nullTag {
			continue
		}
		problems = append(problems, d.checkKeys(d.Root)...)
		all = append(all, d)
	}
}

const nullTag = "!!null"

// syntaxError gives what the YAML parser says the line that it names in its text, if
// it names one.
func syntaxError(file string, err error) error {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if _, scanErr := fmt.Sscanf(text, "line %d:", &line); scanErr == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	return &Error{File: file, Line: line, Err: fmt.Errorf("not YAML: %s: correct the syntax", text)}
}

// checkKeys finds keys of mappings that are no names, and those that are there twice.
func (d Document) checkKeys(n *yaml.Node) []error {
	var problems []error
	if n.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			switch line, twice := seen[key.Value]; {
			case key.Kind != yaml.ScalarNode:
				problems = append(problems, d.at(key.Line, "a field's name is %s: write a name", kindOf(key)))
			case twice:
				problems = append(problems, d.at(key.Line, "field %q is there twice (line %d): remove one", key.Value, line))
			default:
				seen[key.Value] = key.Line
			}
		}
	}
	for _, child := range n.Content {
		problems = append(problems, d.checkKeys(child)...)
	}
	return problems
}

func (d Document) at(line int, format string, args ...any) error {
	return &Error{File: d.File, Line: line, Err: fmt.Errorf(format, args...)}
}

// Errorf makes an error about a field, which is given by its path from the document's
// root (`spec.exportV4[1].cidr`); empty for the root.
func (d Document) Errorf(path, format string, args ...any) error {
	return d.at(d.Line(path), format, args...)
}

// Line returns the line of a field, or of the innermost field around it that the
// document has.
func (d Document) Line(path string) int {
	node, line := d.Root, d.Root.Line
	for name := range strings.SplitSeq(strings.NewReplacer("[", ".", "]", "").Replace(path), ".") {
		key, value := child(node, name)
		if value == nil {
			break
		}
		line, node = key.Line, value
	}
	return line
}

// Field returns the part of a mapping that a field holds.
func (d Document) Field(name string) (Document, bool) {
	_, value := child(d.Root, name)
	if value == nil {
		return Document{}, false
	}
	return Document{File: d.File, Root: followed(value)}, true
}

// child finds a field of a mapping by its name, or an item of a list by its place.
func child(n *yaml.Node, name string) (key, value *yaml.Node) {
	switch n = followed(n); n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

// followed is the node that an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// IsList reports whether the document is a list.
func (d Document) IsList() bool { return d.Root.Kind == yaml.SequenceNode }

// Items are the parts of a list. Aliases are refused: a list of lists could grow
// without end by repeating itself.
func (d Document) Items() ([]Document, error) {
	var items []Document
	for _, item := range d.Root.Content {
		part := Document{File: d.File, Root: item}
		if item.Kind == yaml.AliasNode {
			return nil, part.alias("the item")
		}
		items = append(items, part)
	}
	return items, nil
}

// alias refuses what is an alias.
func (d Document) alias(what string) error {
	return d.Errorf("", "%s is an alias (*%s): write it out", what, d.Root.Value)
}

// Mapping refuses a document that is no mapping. The parameter what names the expected
// document, with its article; fields are some that it has.
func (d Document) Mapping(what string, fields ...string) error {
	if followed(d.Root).Kind == yaml.MappingNode {
		return nil
	}
	return d.Errorf("", "%s is %s: write a mapping with the fields %s", what, kindOf(d.Root), strings.Join(fields, ", "))
}

// kindOf names the form of a node.
func kindOf(n *yaml.Node) string {
	switch n = followed(n); {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == nullTag:
		return "empty"
	}
	return fmt.Sprintf("a single value (%q)", n.Value)
}
