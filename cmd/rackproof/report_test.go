package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if err := os.WriteFile(filepath.Join(folder, "mesh.json"), []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := execute(t, "report", "summary", folder); err == nil || !strings.Contains(err.Error(), "mesh.json is damaged") {
		t.Errorf("a damaged report gives error %v", err)
	}
}
