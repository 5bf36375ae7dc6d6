package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/docs/transcript"
)

// TestArticlesNameRequirements compares the ids in the articles' documents with the
// requirements, and looks for rows of articles.md without a requirement and without a reason.
func TestArticlesNameRequirements(t *testing.T) {
	known := map[string]bool{}
	for _, requirement := range requirements(t).Requirements {
		known[requirement.ID] = true
	}
	paths, err := filepath.Glob("article*.md")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`\b[A-Z]{2,}-\d{3}\b`)
	for _, path := range paths {
		for _, name := range id.FindAllString(read(t, path), -1) {
			if !known[name] {
				t.Errorf("docs/%s: there is no requirement %s", path, name)
			}
		}
	}
	step := regexp.MustCompile(`(?m)^\| (\d\.\d+) \| [^|]+ \|([^|]*)\|([^|]*)\|$`)
	steps := step.FindAllStringSubmatch(read(t, "articles.md"), -1)
	for _, row := range steps {
		if !id.MatchString(row[2]) && strings.TrimSpace(row[3]) == "" {
			t.Errorf("docs/articles.md: step %s has neither a requirement nor a reason", row[1])
		}
	}
	if len(steps) == 0 {
		t.Error("docs/articles.md has no table of steps")
	}
}

// TestArticlesInBothLanguages compares the blocks of each article's two documents.
func TestArticlesInBothLanguages(t *testing.T) {
	paths, err := filepath.Glob("article-[0-9].md")
	if err != nil || len(paths) != 4 {
		t.Fatalf("found %v, error %v", paths, err)
	}
	for _, path := range paths {
		twin := strings.TrimSuffix(path, ".md") + ".zh.md"
		blocks, others := blocksOf(t, path), blocksOf(t, twin)
		if len(blocks) != len(others) {
			t.Errorf("docs/%s has %d blocks and docs/%s has %d", path, len(blocks), twin, len(others))
		}
		for i, block := range blocks[:min(len(blocks), len(others))] {
			if block.Eventually && !block.Shows() {
				t.Errorf("docs/%s:%d: the block fits when nothing has changed yet: show an output, or leave eventually out", path, block.Line)
			}
			if !same(block, others[i]) {
				t.Errorf("docs/%s:%d and docs/%s:%d differ", path, block.Line, twin, others[i].Line)
			}
		}
	}
}

func blocksOf(t *testing.T, path string) []transcript.Block {
	t.Helper()
	blocks, err := transcript.Parse(read(t, path))
	if err != nil {
		t.Fatalf("docs/%s: %v", path, err)
	}
	return blocks
}

func same(a, b transcript.Block) bool {
	return a.Eventually == b.Eventually && a.Unordered == b.Unordered && slices.EqualFunc(a.Steps, b.Steps, func(a, b transcript.Step) bool {
		return a.Command == b.Command && slices.Equal(a.Output, b.Output)
	})
}
