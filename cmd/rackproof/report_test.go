package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/reports"
)

func TestReportSummary(t *testing.T) {
	text, err := execute(t, "report", "summary", filepath.Join("..", "..", "reports", "testdata", "passed"))
	if err != nil || !strings.HasSuffix(text, "PASS: 1 passed in 1 suite\n") {
		t.Errorf("a run that passed gives error %v and\n%s", err, text)
	}
	text, err = execute(t, "report", "summary", filepath.Join("..", "..", "reports", "testdata", "mixed"))
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.Contains(text, "\nFAIL: 1 failed") {
		t.Errorf("a run that failed gives error %v and\n%s", err, text)
	}
	text, err = execute(t, "report", "summary", filepath.Join("..", "..", "reports", "testdata", "measured"), "-o", "json")
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.Contains(text, `"longestOutageMilliseconds": 412`) {
		t.Errorf("as JSON a run that failed gives error %v and\n%s", err, text)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mesh.json"), "[{")
	write(t, filepath.Join(folder, "tor.junit.xml"), "<testsuites/>")
	text, err = execute(t, "report", "summary", folder)
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.Contains(text, "mesh.json is damaged") || !strings.Contains(text, "tor.json is missing") {
		t.Errorf("a damaged and a missing report give error %v and\n%s", err, text)
	}
	if _, err := execute(t, "report", "summary", t.TempDir()); !errors.Is(err, reports.ErrNoReport) {
		t.Errorf("an empty folder gives error %v", err)
	}
}

func TestReportSummaryOfABrokenLab(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mesh.json"), `[{"SuiteDescription": "mesh", "SpecReports": [{"LeafNodeType": "It", "LeafNodeText": "lab", "LeafNodeLabels": ["baseline"], "State": "failed"}]}]`)
	text, err := execute(t, "report", "summary", folder)
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitBrokenLab || !strings.HasSuffix(text, "\nBROKEN LAB: 1 broken-lab (1 fault), 0 passed in 1 suite\n") {
		t.Errorf("got error %v and\n%s", err, text)
	}
}

func TestReportCompare(t *testing.T) {
	testdata := filepath.Join("..", "..", "reports", "testdata")
	passed, mixed := filepath.Join(testdata, "passed"), filepath.Join(testdata, "mixed")
	if text, err := execute(t, "report", "compare", passed, passed); err != nil {
		t.Errorf("a run and itself give error %v and\n%s", err, text)
	}
	text, err := execute(t, "report", "compare", passed, mixed)
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.Contains(text, "suite fullmesh is in "+mixed+" alone") {
		t.Errorf("a suite that is missing gives error %v and\n%s", err, text)
	}
	if text, err := execute(t, "report", "compare", passed, mixed, "--common"); err != nil {
		t.Errorf("with --common a suite that is missing gives error %v and\n%s", err, text)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
