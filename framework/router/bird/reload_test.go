package bird

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// someFiles is the digest of a configuration.
func someFiles() string {
	return HashConfiguration([]byte("router id 10.1.5.1;\n"), []byte("# aggr\n"), []byte("# ipam\n"))
}

func TestHashConfiguration(t *testing.T) {
	sum := sha256.Sum256([]byte("router id 10.1.5.1;\n\x00# aggr\n\x00# ipam\n\x00"))
	if got, want := someFiles(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A byte that moves from one file into the next is a change.
	if HashConfiguration([]byte("ab"), []byte("c"), nil) == HashConfiguration([]byte("a"), []byte("bc"), nil) {
		t.Error("two configurations have one digest")
	}
}

func TestReloadIsReadAsWritten(t *testing.T) {
	at := time.Date(2026, 11, 29, 23, 5, 1, 123456789, time.UTC)
	path := filepath.Join(t.TempDir(), "bird-reload.json")
	for _, want := range []Reload{
		{Time: at, Files: someFiles()},
		{Time: at.Add(time.Second), Files: someFiles(), Error: "BIRD refused \"configure\":\n8002 bird.cfg:9:3 syntax error"},
	} {
		if err := want.Write(path); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadReload(data)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Time.Equal(want.Time) || got.Files != want.Files || got.Error != want.Error {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	// Nothing else is left in the folder, and everyone may read the record.
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("the folder has %d files, want the record alone: %v", len(entries), entries)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o644 {
		t.Errorf("the record has mode %v", info.Mode())
	}
}

func TestReadReloadRefuses(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"nothing", "", "unexpected end"},
		{"half a record", `{"time":"2026-11-29T23:05:01Z","fil`, "unexpected end"},
		{"no time", `{"files":"` + someFiles() + `"}`, "no time"},
		{"no digest", `{"time":"2026-11-29T23:05:01Z"}`, "digest"},
		{"half a digest", `{"time":"2026-11-29T23:05:01Z","files":"` + someFiles()[2:] + `"}`, "digest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadReload([]byte(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestReloadWriteRefuses(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	whole := Reload{Time: time.Now(), Files: someFiles()}
	tests := []struct {
		name   string
		reload Reload
		path   string
		want   string
	}{
		{"without a time", Reload{Files: someFiles()}, filepath.Join(folder, "record"), "no time"},
		{"without a digest", Reload{Time: time.Now()}, filepath.Join(folder, "record"), "digest"},
		{"into a folder that is not there", whole, filepath.Join(folder, "none", "record"), "no such file"},
		{"in a folder's place", whole, filepath.Join(folder, "taken"), "write the record"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.reload.Write(tt.path)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("files are left behind: %v", entries)
	}
}
