package calicobird

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Programs that answer as the two BIRDs do: Calico's takes krt_tunnel, a stock one knows no
// such attribute.
const (
	calicos = "#!/bin/sh\ngrep -q krt_tunnel \"$3\"\n"
	stock   = "#!/bin/sh\n! grep -q krt_tunnel \"$3\" || { echo \"$3, line 1: syntax error\" >&2; exit 1; }\n"
)

// entry is a file of an archive.
type entry struct{ path, content string }

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, e := range entries {
		if err := writer.WriteHeader(&tar.Header{Name: e.path, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(e.content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// image is an image of one layer for each archive, the topmost last.
func image(t *testing.T, layers ...[]byte) v1.Image {
	t.Helper()
	made := empty.Image
	for _, content := range layers {
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
		if err != nil {
			t.Fatal(err)
		}
		if made, err = mutate.AppendLayers(made, layer); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// calicoNode is an image like calico-node's.
func calicoNode(t *testing.T, bird string) v1.Image {
	return image(t, archive(t, entry{"usr/bin/bird", "an older one"}, entry{"usr/share/doc/bird", "a text"}),
		archive(t, entry{"usr/bin/bird", bird}, entry{"usr/bin/bird6", "another"}, entry{"usr/bin/birdcl", "the client"}))
}

// serve starts a registry and gives the name of a repository in it.
func serve(t *testing.T) name.Repository {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repository, err := name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/calico/node")
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

// content is that of a file of Calico's BIRD in a cache.
func content(t *testing.T, cache, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Folder(cache), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTakeFromImage(t *testing.T) {
	repository := serve(t)
	taken := calicoNode(t, calicos)
	digest, err := taken.Digest()
	if err != nil {
		t.Fatal(err)
	}
	reference := repository.Digest(digest.String())
	if err := remote.Write(reference, taken); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	if err := TakeFromImage(t.Context(), reference.String(), cache); err != nil {
		t.Fatal(err)
	}
	if content(t, cache, "bird") != calicos || content(t, cache, "birdc") != "the client" {
		t.Error("the cache has other programs than the image's topmost")
	}
	want := []string{filepath.Join(Folder(cache), "bird"), filepath.Join(Folder(cache), "birdc")}
	if found, err := Find(t.Context(), "", cache); err != nil || !slices.Equal(found, want) {
		t.Errorf("found %q, %v, want %q", found, err, want)
	}

	// An index of images is as good.
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: calicoNode(t, "of another machine"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "none"}}},
		mutate.IndexAddendum{Add: taken, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}}})
	if digest, err = index.Digest(); err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(repository.Digest(digest.String()), index); err != nil {
		t.Fatal(err)
	}
	cache = t.TempDir()
	if err := TakeFromImage(t.Context(), repository.Digest(digest.String()).String(), cache); err != nil || content(t, cache, "bird") != calicos {
		t.Errorf("by an index: %v", err)
	}
}

func TestTakeFromImageRefuses(t *testing.T) {
	repository := serve(t)
	published := func(made v1.Image) string {
		t.Helper()
		digest, err := made.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(repository.Digest(digest.String()), made); err != nil {
			t.Fatal(err)
		}
		return repository.Digest(digest.String()).String()
	}
	for _, tt := range []struct{ name, reference, want string }{
		{"a tag", repository.Tag("v3.31.0").String(), "name it by its digest"},
		{"an image that is not there", repository.Digest("sha256:" + strings.Repeat("0", 64)).String(), "MANIFEST_UNKNOWN"},
		{"a stock BIRD", published(calicoNode(t, stock)), "is not Calico's own BIRD"},
		{"no BIRD", published(image(t, archive(t, entry{"usr/bin/birdcl", "the client"}))), "it has no bird in"},
		{"no client", published(image(t, archive(t, entry{"usr/bin/bird", calicos}))), "it has no birdc in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cache := t.TempDir()
			if err := os.MkdirAll(Folder(cache), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(Folder(cache), "bird"), []byte("the one before"), 0o755); err != nil {
				t.Fatal(err)
			}
			err := TakeFromImage(t.Context(), tt.reference, cache)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.reference) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
			if left, err := os.ReadDir(cache); err != nil || len(left) != 1 || content(t, cache, "bird") != "the one before" {
				t.Errorf("the cache is not as it was: %v, %v", left, err)
			}
		})
	}
}

func TestTakeFromFile(t *testing.T) {
	files := archive(t, entry{"./usr/sbin/bird", calicos}, entry{"./usr/sbin/birdc", "the client"})
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	if _, err := writer.Write(files); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write := func(file string, data []byte) string {
		t.Helper()
		path := filepath.Join(folder, file)
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	saved := filepath.Join(folder, "image.tar")
	tag, err := name.NewTag("calico/node:test")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(saved, tag, calicoNode(t, calicos)); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		write("files.tar", files):                 "",
		write("files.tar.gz", compressed.Bytes()): "",
		saved: "",
		write("text", []byte("no archive, which is longer than a block of one: "+strings.Repeat("-", 512))): "read the archive",
		write("alone", []byte("\x7fELF")): "without its client",
		filepath.Join(folder, "missing"):  "no such file",
		write("stock.tar", archive(t, entry{"bin/bird", stock}, entry{"bin/birdc", "the client"})): "is not Calico's own BIRD",
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cache := t.TempDir()
			err := TakeFromFile(t.Context(), file, cache)
			if want != "" {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
					t.Errorf("error %v, want one that says %q", err, want)
				}
				return
			}
			if err != nil || content(t, cache, "bird") != calicos || content(t, cache, "birdc") != "the client" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	if found, err := Find(t.Context(), "", t.TempDir()); len(found) > 0 || err != nil {
		t.Errorf("in an empty cache: %q, %v", found, err)
	}
	folder := t.TempDir()
	write := func(file, text string) string {
		t.Helper()
		path := filepath.Join(folder, file)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct{ program, want string }{
		{write("calico-bird", calicos), "is called bird"},
		{write("bird", calicos), "without its client"},
		{filepath.Join(folder, "missing", "bird"), "no such file"},
	} {
		if _, err := Find(t.Context(), tt.program, t.TempDir()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that says %q", tt.program, err, tt.want)
		}
	}
	programs := []string{filepath.Join(folder, "bird"), write("birdcl", "the client")}
	if found, err := Find(t.Context(), programs[0], t.TempDir()); err != nil || !slices.Equal(found, programs) {
		t.Errorf("found %q, %v, want %q", found, err, programs)
	}
	write("bird", stock)
	if _, err := Find(t.Context(), filepath.Join(folder, "bird"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "line 1: syntax error") {
		t.Errorf("a stock BIRD: error %v", err)
	}
}

// TestAskStockBIRD asks the distribution's own program.
func TestAskStockBIRD(t *testing.T) {
	program, err := exec.LookPath("bird")
	if err != nil {
		t.Skipf("BIRD is not installed: %v", err)
	}
	if err := Ask(t.Context(), program); err == nil || !strings.Contains(err.Error(), "is not Calico's own BIRD") {
		t.Errorf("got %v", err)
	}
}
