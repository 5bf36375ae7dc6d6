// Package yamlfile reads YAML files strictly: an unknown field, a field that is there
// twice and a value of the wrong type are errors, and each error names the file and the
// line. It keeps the line of everything that it reads, so that whoever checks the
// values later can name it too. It is pure: it knows files as bytes.
//
// A document goes into Go by one of three ways: by the json tags of an API's types
// (Decode), by the yaml tags of types of our own (Unmarshal), or node by node for a
// file whose every value is kept with its line (package topology).
package yamlfile
