package yamlfile

import (
	"strings"
	"testing"
	"time"
)

// resource has the tags of an API's types.
type resource struct {
	Kind string `json:"kind"`
	Spec struct {
		Size  int               `json:"size"`
		Rules []rule            `json:"rules"`
		Notes map[string]string `json:"notes"`
	} `json:"spec"`
}

type rule struct {
	CIDR string `json:"cidr"`
}

// manifest has tags of our own.
type manifest struct {
	Epoch   time.Time         `yaml:"epoch"`
	Items   []item            `yaml:"items"`
	Extra   *item             `yaml:"extra"`
	Numbers map[string]int    `yaml:"numbers"`
	Words   map[string]string `yaml:"words"`
}

type item struct {
	Name  string   `yaml:"name"`
	Parts []string `yaml:"parts,omitempty"`
}

func TestRead(t *testing.T) {
	documents, err := Read("x.yaml", []byte("# a comment\n---\na: 1\n---\n# nothing\n---\n- b\n- c: {d: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != 2 || documents[0].IsList() || !documents[1].IsList() {
		t.Fatalf("got %d documents", len(documents))
	}
	if line := documents[0].Line("a"); line != 3 {
		t.Errorf("a is in line %d, want 3", line)
	}
	items, err := documents[1].Items()
	if err != nil || len(items) != 2 || items[1].Line("") != 8 || items[1].Line("c.d") != 8 {
		t.Errorf("items %+v, %v", items, err)
	}
	if documents, err := Read("x.yaml", []byte("# nothing\n")); err != nil || len(documents) > 0 {
		t.Errorf("a file of comments: %v, %v", documents, err)
	}
}

// A list that contains itself has no end.
func TestItemsThatAreAliases(t *testing.T) {
	documents, err := Read("x.yaml", []byte("&a\n- b\n- *a\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = documents[0].Items()
	check(t, "a list that contains itself", err, "x.yaml:3: the item is an alias (*a): write it out")
}

func TestLine(t *testing.T) {
	documents, err := Read("x.yaml", []byte("kind: K\nspec:\n  size: 1\n  rules:\n    - cidr: a\n    - cidr: b\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"": 1, "kind": 1, "spec": 2, "spec.size": 3, "spec.size.more": 3, "spec.rules": 4, "spec.rules[0]": 5, "spec.rules[1].cidr": 6,
		"spec.rules[2].cidr": 4, "spec.other": 2, "other": 1,
	} {
		if got := documents[0].Line(path); got != want {
			t.Errorf("%q is in line %d, want %d", path, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"syntax", "a: 1\nb: c: d\n", "x.yaml:2: not YAML: mapping values are not allowed in this context: correct the syntax"},
		{"syntax of the second document", "a: 1\n---\nb: [\n", "x.yaml:"},
		{"a field twice", "a:\n  b: 1\n  c: 2\n  b: 3\n", `x.yaml:4: field "b" is there twice (line 2): remove one`},
		{"a field twice in a list", "- a: 1\n- {a: 1, b: 2, a: 3}\n", `x.yaml:2: field "a" is there twice (line 2)`},
		{"no name", "? [a]\n: b\n", "x.yaml:1: a field's name is a list: write a name"},
		{"two faults", "a: 1\na: 2\n---\nb: 1\nb: 2\n", "x.yaml:2: field \"a\" is there twice (line 1): remove one\nx.yaml:5: field \"b\""},
	} {
		if _, err := Read("x.yaml", []byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"sound", "kind: K\nspec:\n  size: 3\n  rules: [{cidr: a}]\n  notes: {x: y}\n", ""},
		{"unknown field", "kind: K\nspec:\n  syze: 3\n", `x.yaml:3: unknown field "spec.syze": correct its name or remove it`},
		{"in the wrong case", "Kind: K\n", `x.yaml:1: unknown field "Kind"`},
		{"in a list", "spec:\n  rules:\n    - cidr: a\n    - cydr: b\n", `x.yaml:4: unknown field "spec.rules[1].cydr"`},
		{"all of them", "a: 1\nspec:\n  b: 2\n", "x.yaml:1: unknown field \"a\": correct its name or remove it\nx.yaml:3: unknown field \"spec.b\""},
		{"wrong type", "kind: K\nspec:\n  size: small\n", "x.yaml:3: spec.size is a string, and has to be a number: correct the value"},
		{"a list for a mapping", "spec: [1]\n", "x.yaml:1: spec is a list, and has to be a mapping"},
		{"no mapping", "- 1\n", "x.yaml:1: the value is a list, and has to be a mapping"},
	} {
		documents, err := Read("x.yaml", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		var r resource
		check(t, tt.name, documents[0].Decode(&r), tt.want)
	}
}

func TestPeek(t *testing.T) {
	documents, err := Read("x.yaml", []byte("kind: K\nother: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	var r resource
	if err := documents[0].Peek(&r); err != nil || r.Kind != "K" {
		t.Errorf("got %q, %v", r.Kind, err)
	}
}

func TestMapping(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\n":  "",
		"- a\n":   "x.yaml:1: a mode is a list: write a mapping with the fields name, leafToNode",
		"hello\n": `x.yaml:1: a mode is a single value ("hello"): write a mapping`,
	} {
		documents, err := Read("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		check(t, text, documents[0].Mapping("a mode", "name", "leafToNode"), want)
	}
}

func TestUnmarshal(t *testing.T) {
	var got manifest
	err := Unmarshal("x.yaml", []byte("epoch: 2025-10-21T21:38:02Z\nitems: [{name: a, parts: [b]}]\nextra: {name: c}\nnumbers: {one: 1}\nwords:\n"), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Epoch.Year() != 2025 || len(got.Items) != 1 || got.Items[0].Parts[0] != "b" || got.Extra.Name != "c" || got.Numbers["one"] != 1 {
		t.Errorf("got %+v", got)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"unknown field", "items:\n  - name: a\n    part: [b]\n", `x.yaml:3: unknown field "part" in items[0]: correct its name or remove it`},
		{"unknown fields", "item: 1\nextra:\n  nom: a\n", "x.yaml:1: unknown field \"item\" in the file: correct its name or remove it\nx.yaml:3: unknown field \"nom\" in extra"},
		{"no list", "items: a\n", `x.yaml:1: items is a single value ("a"): write a list`},
		{"no mapping", "- a\n", "x.yaml:1: the file is a list: write a mapping"},
		{"no mapping of numbers", "numbers: 1\n", `x.yaml:1: numbers is a single value ("1"): write a mapping`},
		{"an alias", "items: &a\n  - *a\n", "x.yaml:2: items[0] is an alias (*a): write it out"},
		{"no number", "numbers:\n  one: 1\n  two: zwei\n", `x.yaml:3: two is a single value ("zwei"), which is no int: correct the value`},
		{"no date", "epoch: yesterday\n", `x.yaml:1: epoch is a single value ("yesterday"), which is no time.Time`},
		{"empty", "# nothing\n", "x.yaml:1: the file is empty"},
		{"two documents", "items: []\n---\nitems: []\n", "x.yaml:3: a second document begins here: remove it"},
	} {
		check(t, tt.name, Unmarshal("x.yaml", []byte(tt.text), new(manifest)), tt.want)
	}
}

func check(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)):
		t.Errorf("%s: got %v\nwant %s", name, err, want)
	}
}
