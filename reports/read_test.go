package reports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	found, err := Read("testdata/mixed")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].SuiteDescription != "fullmesh" || found[1].SuiteDescription != "leafreflector" {
		t.Errorf("got %d reports, want those of fullmesh and leafreflector", len(found))
	}
}

func TestReadRefuses(t *testing.T) {
	good, err := os.ReadFile("testdata/passed/leafreflector.json")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name    string
		content string
		says    string
	}{
		{"cut off", string(good[:len(good)/2]), "unexpected end"},
		{"empty file", "", "unexpected end"},
		{"no suite", "[]", "no suite"},
		{"something else", `[{"name": "node0"}]`, "not a report of Ginkgo's"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			for name, content := range map[string]string{"bad.json": c.content, "good.json": string(good)} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Read(folder)
			if err == nil || !strings.Contains(err.Error(), "bad.json is damaged") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got error %v, want one that names bad.json and says %q", err, c.says)
			}
		})
	}
}

func TestReadNeedsReports(t *testing.T) {
	if _, err := Read(t.TempDir()); !errors.Is(err, ErrNoReport) {
		t.Errorf("an empty folder gives error %v, want ErrNoReport", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that does not exist gives error %v", err)
	}
}
