package reports

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/requirement"
)

var update = flag.Bool("update-schema", false, "write schema/document.json")

func TestPlace(t *testing.T) {
	want := Place{"netns", "fullmesh", "single-rack", "bird", "v3.31.0", "a stock BIRD"}
	if got, ok := ParsePlace(want.String()); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := ParsePlace("kernel: Linux"); ok {
		t.Error("a kernel is read as a lab")
	}
}

func TestDescribe(t *testing.T) {
	folder := filepath.Join("testdata", "page")
	run, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	d := Describe(run, folder)
	failed := d.Untested(requirement.Failed)
	if len(failed) != 1 || failed[0].ID != "VXL-114" || len(failed[0].Attempts) != 1 {
		t.Fatalf("failed: %+v", failed)
	}
	evidence := failed[0].Attempts[0].Evidence
	if evidence == nil || len(evidence.Files) != 1 || !strings.HasPrefix(evidence.Folder, "evidence/") || evidence.Fault != "" {
		t.Errorf("evidence: %+v", evidence)
	}
	kinds := map[MomentKind]int{}
	for _, moment := range failed[0].Attempts[0].Axis {
		kinds[moment.Kind]++
	}
	if kinds[Step] != 5 || kinds[RouteLoss] != 2 || kinds[RouteGain] != 5 || kinds[Failure] != 1 {
		t.Errorf("axis: %v", kinds)
	}
	var b bytes.Buffer
	if err := d.WriteMarkdown(&b); err != nil || !strings.Contains(b.String(), "### VXL-114: fail") ||
		strings.Index(b.String(), "## Not looked at") > strings.Index(b.String(), "## Failed") {
		t.Errorf("Markdown: %v\n%s", err, b.String())
	}
}

// TestSchema compares the schema with the document's type, so that neither changes alone.
func TestSchema(t *testing.T) {
	schema := schemaOf(reflect.TypeFor[Document]())
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = DocumentVersion
	want, err := json.MarshalIndent(schema, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	path := filepath.Join("schema", "document.json")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not that of Document (%v): run go test ./reports -run TestSchema -update-schema", path, err)
	}
}

func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[Outcome]():
		return map[string]any{"enum": outcomeWords()}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem())
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(t.Elem())}
	case t.Kind() == reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for _, field := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			properties[name] = schemaOf(field.Type)
			if options == "" {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required}
	case t.Kind() == reflect.String:
		return map[string]any{"type": "string"}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() == reflect.Float64:
		return map[string]any{"type": "number"}
	default:
		return map[string]any{"type": "integer"}
	}
}
