package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
)

// importCommand runs `topology import-vyos` and returns what it writes to standard
// output and standard error.
func importCommand(t *testing.T, arguments ...string) (output, remarks string, err error) {
	t.Helper()
	var out, told bytes.Buffer
	root := newRootCommand()
	root.SetArgs(append([]string{"topology", "import-vyos"}, arguments...))
	root.SetOut(&out)
	root.SetErr(&told)
	err = root.ExecuteContext(t.Context())
	return out.String(), told.String(), err
}

// articleFiles are the article's configurations.
func articleFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "vyos", "*.boot"))
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v, error %v", files, err)
	}
	return files
}

func TestTopologyImportVyOS(t *testing.T) {
	named := []string{"--node", "control-plane=10.1.5.10", "--node", "worker=10.1.5.11", "--node", "worker2=10.1.8.10", "--node", "worker3=10.1.8.11"}
	output, remarks, err := importCommand(t, append(named, articleFiles(t)...)...)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "imported.yaml")
	if err := os.WriteFile(path, []byte(output), 0o600); err != nil {
		t.Fatal(err)
	}
	top, err := fixtures.Topology(path)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	if err := mode.Check(top); err != nil {
		t.Errorf("a lab of it cannot be brought up: %v", err)
	}
	if top.Name != "imported" || len(top.Nodes()) != 4 || len(top.Leaves()) != 2 || len(top.Spines()) != 2 {
		t.Errorf("topology\n%s", output)
	}
	for line := range strings.Lines(remarks) {
		if !strings.HasPrefix(line, "remark: ") {
			t.Errorf("standard error has %q", line)
		}
	}
	if !strings.Contains(remarks, "spine1.boot:60: router-id 10.1.8.1 is that of leaf1 too") {
		t.Errorf("remarks\n%s", remarks)
	}
}

func TestTopologyImportVyOSIntoAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	output, _, err := importCommand(t, append(articleFiles(t), "--file", path, "--name", "mine",
		"--pods", "10.48.0.0/16", "--services", "10.49.0.0/16", "--management", "172.31.0.0/24")...)
	if err != nil || output != "" {
		t.Fatalf("error %v, standard output %q", err, output)
	}
	top, err := fixtures.Topology(path)
	if err != nil {
		t.Fatal(err)
	}
	if top.Name != "mine" || top.Pods.String() != "10.48.0.0/16" || top.Services.String() != "10.49.0.0/16" || top.Management.Control.String() != "172.31.0.2" {
		t.Errorf("got %+v", top)
	}
	if node := top.Nodes()[0]; node.Name != "node0" || node.Management.String() != "172.31.0.10" {
		t.Errorf("first node %+v", node)
	}
}

// Bad input is told line by line, and nothing is written.
func TestTopologyImportVyOSRejects(t *testing.T) {
	folder := t.TempDir()
	bad := filepath.Join(folder, "leaf7.boot")
	if err := os.WriteFile(bad, []byte("protocols {\n    bgp {\n        neighbor x {\n        }\n    }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unclosed := filepath.Join(folder, "leaf8.boot")
	if err := os.WriteFile(unclosed, []byte("protocols {\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(folder, "leaf9.boot")
	tests := []struct {
		name  string
		files []string
		// says are beginnings of the lines.
		says []string
	}{
		{"several files", []string{bad, unclosed, missing}, []string{
			bad + `:2: protocols bgp has no system-as`, bad + `:3: protocols bgp neighbor x: "x" is not an address`,
			unclosed + ":1: the { of protocols is never closed", "read VyOS configuration: open " + missing,
		}},
		{"a file of the article is missing", articleFiles(t)[1:], []string{filepath.Join("..", "..", "fixtures", "vyos", "spine0.boot") + ":25: neighbor 10.1.10.1 is in no file", filepath.Join("..", "..", "fixtures", "vyos", "spine1.boot") + ":46: neighbor 10.1.12.1 is in no file"}},
		{"a network that overlaps", append(articleFiles(t), "--pods", "10.1.0.0/16"), []string{"the pod network 10.1.0.0/16 overlaps"}},
		{"a node that is nobody", append(articleFiles(t), "--node", "worker=10.1.5.99"), []string{"node worker: no leaf has a neighbor 10.1.5.99"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "out.yaml")
			output, remarks, err := importCommand(t, append(tt.files, "--file", target)...)
			if err == nil || output != "" || remarks != "" {
				t.Fatalf("error %v, standard output %q, standard error %q", err, output, remarks)
			}
			if status := report(&bytes.Buffer{}, err, false); status != exitFailure {
				t.Errorf("exit status %d, want %d", status, exitFailure)
			}
			if _, err := os.Stat(target); err == nil {
				t.Error("a file was written")
			}
			for _, want := range tt.says {
				found := false
				for line := range strings.Lines(err.Error()) {
					found = found || strings.HasPrefix(line, want)
				}
				if !found {
					t.Errorf("got\n%v\nwant a line %s", err, want)
				}
			}
		})
	}
}
