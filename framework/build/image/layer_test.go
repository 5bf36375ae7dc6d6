package image

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func epoch() time.Time { return time.Date(2025, 10, 21, 21, 38, 2, 0, time.UTC) }

// tree makes a folder with one of everything.
func tree(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	steps := []error{
		os.MkdirAll(filepath.Join(folder, "usr/bin"), 0o755),
		os.WriteFile(filepath.Join(folder, "usr/bin/b"), []byte("program"), 0o755),
		os.Link(filepath.Join(folder, "usr/bin/b"), filepath.Join(folder, "usr/bin/c")),
		os.Symlink("usr/bin", filepath.Join(folder, "bin")),
		os.WriteFile(filepath.Join(folder, "old"), nil, 0o600),
		os.Chtimes(filepath.Join(folder, "old"), time.Time{}, epoch().Add(-time.Hour)),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	return folder
}

func headers(t *testing.T, path string) []*tar.Header {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := tar.NewReader(file)
	var list []*tar.Header
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, header)
	}
}

func TestLayersOfTheSameFilesAreTheSame(t *testing.T) {
	one, err := writeLayer(tree(t), filepath.Join(t.TempDir(), "a.tar"), epoch())
	if err != nil {
		t.Fatal(err)
	}
	two, err := writeLayer(tree(t), filepath.Join(t.TempDir(), "b.tar"), epoch())
	if err != nil {
		t.Fatal(err)
	}
	if one.digest != two.digest {
		t.Errorf("digests %s and %s", one.digest, two.digest)
	}
	var names []string
	for _, header := range headers(t, one.path) {
		names = append(names, header.Name)
		if header.ModTime.After(epoch()) {
			t.Errorf("%s is of %s, after the epoch", header.Name, header.ModTime)
		}
		switch header.Name {
		case "usr/bin/c":
			if header.Typeflag != tar.TypeLink || header.Linkname != "usr/bin/b" {
				t.Errorf("the second name of a file is %c to %q", header.Typeflag, header.Linkname)
			}
		case "bin":
			if header.Linkname != "usr/bin" {
				t.Errorf("the link is to %q", header.Linkname)
			}
		case "old":
			if !header.ModTime.Equal(epoch().Add(-time.Hour)) {
				t.Errorf("an older file is of %s", header.ModTime)
			}
		}
	}
	if want := []string{"bin", "old", "usr/", "usr/bin/", "usr/bin/b", "usr/bin/c"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestWhatAnOverlayRemovesBecomesWhiteouts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make an overlay's marks")
	}
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "etc/opaque"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mknod(filepath.Join(folder, "etc/gone"), unix.S_IFCHR, 0); err != nil {
		t.Skipf("cannot make a device: %v", err)
	}
	if err := unix.Setxattr(filepath.Join(folder, "etc/opaque"), "trusted.overlay.opaque", []byte("y"), 0); err != nil {
		t.Skipf("cannot set an attribute: %v", err)
	}
	l, err := writeLayer(folder, filepath.Join(t.TempDir(), "a.tar"), epoch())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, header := range headers(t, l.path) {
		names = append(names, header.Name)
	}
	if want := []string{"etc/", "etc/.wh.gone", "etc/opaque/", "etc/opaque/.wh..wh..opq"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
