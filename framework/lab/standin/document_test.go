package standin_test

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/rackproof/rackproof/framework/cluster/agent"
	"github.com/rackproof/rackproof/framework/lab/providers"
	"github.com/rackproof/rackproof/framework/lab/standin"
)

var update = flag.Bool("update", false, "write docs/differences.md again")

//go:embed differences.md.tmpl
var page string

// lists are the stand-ins by provider; those of all providers have no name.
func lists() map[string][]standin.StandIn {
	lists := map[string][]standin.StandIn{"": standin.Shared()}
	for _, provider := range providers.All().Linked {
		lists[provider.Name()] = provider.StandIns()
	}
	return lists
}

// TestDocumentIsCurrent compares docs/differences.md with the lists.
func TestDocumentIsCurrent(t *testing.T) {
	missing := lists()
	parsed, err := template.New("differences").Funcs(template.FuncMap{
		"rows": func(provider string) string {
			delete(missing, provider)
			return table(lists()[provider])
		},
		"fields": fields,
	}).Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := parsed.Execute(&want, nil); err != nil {
		t.Fatal(err)
	}
	for provider := range missing {
		t.Errorf("differences.md.tmpl has no table of provider %s", provider)
	}
	path := filepath.Join(repository, "docs/differences.md")
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the lists say (%v): run go test ./framework/lab/standin -update", path, err)
	}
}

// table are the rows of stand-ins.
func table(list []standin.StandIn) string {
	var b strings.Builder
	b.WriteString("| name | stands in | the real thing | what differs | rests on it | compared by |\n|---|---|---|---|---|---|\n")
	for _, s := range list {
		name := "`" + s.Name + "`"
		if s.Only != "" {
			name += fmt.Sprintf(" (%s)", s.Only)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name, s.What, s.Real, s.Differs, affected(s.Affects), compared(s.ComparedBy))
	}
	return b.String()
}

// fields are the rows of what a pod of the embedded lab may have.
func fields() string {
	var b strings.Builder
	b.WriteString("| below `spec` | effect |\n|---|---|\n")
	for _, s := range agent.Supported() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(s.Fields, "`, `"), s.Effect)
	}
	return b.String()
}

func affected(prefixes []string) string {
	switch {
	case len(prefixes) == 0:
		return "no verdict"
	case prefixes[0] == standin.All:
		return "all"
	}
	return strings.Join(prefixes, ", ")
}

func compared(files []string) string {
	var links []string
	for _, file := range files {
		links = append(links, fmt.Sprintf("[%s](../%s)", filepath.Base(file), file))
	}
	if len(links) == 0 {
		return "none yet"
	}
	return strings.Join(links, ", ")
}
