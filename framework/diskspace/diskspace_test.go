package diskspace_test

import (
	"path/filepath"
	"testing"

	"github.com/rackproof/rackproof/framework/diskspace"
)

func TestOfMeasuresTheNearestExistingParent(t *testing.T) {
	folder := t.TempDir()
	want, err := diskspace.Of(folder)
	if err != nil {
		t.Fatal(err)
	}
	if want.Free == 0 {
		t.Fatalf("the file system of %s has no free space", folder)
	}
	got, err := diskspace.Of(filepath.Join(folder, "not", "made", "yet"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Device != want.Device {
		t.Errorf("a path that does not exist yet is on device %d, its parent on %d", got.Device, want.Device)
	}
}

func TestOfTellsFileSystemsApart(t *testing.T) {
	folder, err := diskspace.Of(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	proc, err := diskspace.Of("/proc/self")
	if err != nil {
		t.Fatal(err)
	}
	if folder.Device == proc.Device {
		t.Errorf("a folder and /proc are on one device, %d", proc.Device)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes uint64
		want  string
	}{
		{"nothing", 0, "0 MB"},
		{"below a gigabyte", 512_000_000, "512 MB"},
		{"a gigabyte", 1e9, "1.0 GB"},
		{"above", 12_340_000_000, "12.3 GB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := diskspace.Format(c.bytes); got != c.want {
				t.Errorf("Format(%d) = %q, want %q", c.bytes, got, c.want)
			}
		})
	}
}
