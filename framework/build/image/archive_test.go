package image

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestArchive(t *testing.T) {
	l, err := writeLayer(tree(t), filepath.Join(t.TempDir(), "layer.tar"), epoch())
	if err != nil {
		t.Fatal(err)
	}
	image, err := newImage([]layer{l}, epoch(), Config{Cmd: []string{"run"}, Env: []string{"A=b"}}, map[string]string{LabelKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image, validate.Fast); err != nil {
		t.Error(err)
	}
	a := archive{[]string{"example.org/a:1"}, image}
	var written, again bytes.Buffer
	if err := a.write(&written); err != nil {
		t.Fatal(err)
	}
	if err := a.write(&again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written.Bytes(), again.Bytes()) {
		t.Error("two archives of an image differ")
	}
	tag, err := name.NewTag("example.org/a:1")
	if err != nil {
		t.Fatal(err)
	}
	read, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(written.Bytes())), nil }, &tag)
	if err != nil {
		t.Fatal(err)
	}
	id, err := a.id()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read.ConfigName(); err != nil || got.String() != id {
		t.Errorf("the archive has image %s (error %v), the id is %s", got, err, id)
	}
	made, err := read.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if made.RootFS.DiffIDs[0] != l.digest || made.Config.Cmd[0] != "run" || len(made.Config.Env) != 2 || made.Config.Labels[LabelKey] != "k" ||
		!made.Created.Equal(epoch()) || len(made.History) != 1 {
		t.Errorf("the configuration is %+v", made)
	}
	layers, err := read.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("the archive has %d layers, error %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.ReadFile(l.path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the archive's layer is another than the file's, error %v", err)
	}
}

func TestPathIsNotSetTwice(t *testing.T) {
	if got := withPath([]string{"PATH=/x"}); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if got := withPath(nil); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}
