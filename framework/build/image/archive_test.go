package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"testing"
)

func TestArchive(t *testing.T) {
	l, err := writeLayer(tree(t), filepath.Join(t.TempDir(), "layer.tar"), epoch())
	if err != nil {
		t.Fatal(err)
	}
	a := archive{
		references: []string{"example.org/a:1"}, layers: []layer{l}, created: epoch(),
		config: Config{Cmd: []string{"run"}, Env: []string{"A=b"}}, labels: map[string]string{LabelKey: "k"},
	}
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
	files := map[string][]byte{}
	reader := tar.NewReader(&written)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
	var entries []saved
	if err := json.Unmarshal(files["manifest.json"], &entries); err != nil || len(entries) != 1 {
		t.Fatalf("manifest.json has %d entries, %v", len(entries), err)
	}
	id, err := a.id()
	if err != nil {
		t.Fatal(err)
	}
	if got := "sha256:" + digestOf(files[entries[0].Config]); got != id {
		t.Errorf("the configuration's digest is %s, the id %s", got, id)
	}
	if got := digestOf(files[entries[0].Layers[0]]); got != l.digest {
		t.Errorf("the layer's digest is %s, not %s", got, l.digest)
	}
	var made configuration
	if err := json.Unmarshal(files[entries[0].Config], &made); err != nil {
		t.Fatal(err)
	}
	if made.RootFS.DiffIDs[0] != "sha256:"+l.digest || made.Config.Cmd[0] != "run" || len(made.Config.Env) != 2 || made.Config.Labels[LabelKey] != "k" {
		t.Errorf("the configuration is %+v", made)
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
