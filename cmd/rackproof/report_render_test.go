package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/reports"
)

// render returns what goes to standard output and to standard error.
func render(t *testing.T, arguments ...string) (output, faults string, err error) {
	t.Helper()
	var out, complaints bytes.Buffer
	root := newRootCommand()
	root.SetArgs(append([]string{"report", "render"}, arguments...))
	root.SetOut(&out)
	root.SetErr(&complaints)
	err = root.ExecuteContext(t.Context())
	return out.String(), complaints.String(), err
}

// TestReportRenderOfDamagedReports wants one line for each of them, and the rest of the run.
func TestReportRenderOfDamagedReports(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mesh.json"), "[{")
	write(t, filepath.Join(folder, "tor.junit.xml"), "<testsuites/>")
	for _, form := range []string{"html", "md", "json"} {
		output, faults, err := render(t, folder, "-o", form)
		if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure {
			t.Errorf("-o %s: error %v", form, err)
		}
		lines := strings.Split(strings.TrimSuffix(faults, "\n"), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "mesh.json is damaged") || !strings.Contains(lines[1], "tor.json is missing") {
			t.Errorf("-o %s says %q", form, faults)
		}
		if !strings.Contains(output, "mesh.json is damaged") || form == "json" && !json.Valid([]byte(output)) {
			t.Errorf("-o %s writes\n%s", form, output)
		}
	}
}

// TestReportRenderOfNoReport wants an error, and no page that looks like a run.
func TestReportRenderOfNoReport(t *testing.T) {
	if output, _, err := render(t, t.TempDir()); output != "" || !errors.Is(err, reports.ErrNoReport) {
		t.Errorf("an empty folder gives error %v and\n%s", err, output)
	}
	if output, _, err := render(t, filepath.Join(t.TempDir(), "none")); output != "" || err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a folder that is not there gives error %v and\n%s", err, output)
	}
}
