package image

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"time"
)

// archive is an image that can be written in the form of `docker save`, which both
// Docker and containerd read.
type archive struct {
	references []string
	layers     []layer
	created    time.Time
	config     Config
	labels     map[string]string
}

// configuration is an image's configuration (OCI image specification, "config").
type configuration struct {
	Created      time.Time     `json:"created"`
	Architecture string        `json:"architecture"`
	OS           string        `json:"os"`
	Config       runConfig     `json:"config"`
	RootFS       rootFS        `json:"rootfs"`
	History      []historyStep `json:"history"`
}

type runConfig struct {
	Entrypoint []string          `json:"Entrypoint,omitempty"`
	Cmd        []string          `json:"Cmd,omitempty"`
	Env        []string          `json:"Env,omitempty"`
	User       string            `json:"User,omitempty"`
	WorkingDir string            `json:"WorkingDir,omitempty"`
	StopSignal string            `json:"StopSignal,omitempty"`
	Labels     map[string]string `json:"Labels,omitempty"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type historyStep struct {
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by"`
}

// saved is an entry of manifest.json in an archive of `docker save`.
type saved struct {
	Config   string   `json:"Config"`
	RepoTags []string `json:"RepoTags"`
	Layers   []string `json:"Layers"`
}

// configuration is the image's configuration, encoded.
func (a archive) configuration() ([]byte, error) {
	made := configuration{
		Created: a.created.UTC(), Architecture: runtime.GOARCH, OS: "linux",
		Config: runConfig{
			Entrypoint: a.config.Entrypoint, Cmd: a.config.Cmd, Env: withPath(a.config.Env), User: a.config.User,
			WorkingDir: a.config.WorkingDir, StopSignal: a.config.StopSignal, Labels: a.labels,
		},
		RootFS: rootFS{Type: "layers"},
	}
	for _, l := range a.layers {
		made.RootFS.DiffIDs = append(made.RootFS.DiffIDs, "sha256:"+l.digest)
		made.History = append(made.History, historyStep{a.created.UTC(), "rackproof images build"})
	}
	return json.Marshal(made)
}

// withPath gives an environment the PATH that it does not have.
func withPath(env []string) []string {
	for _, variable := range env {
		if len(variable) > 5 && variable[:5] == "PATH=" {
			return env
		}
	}
	return append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, env...)
}

// id is the image's id: the digest of its configuration.
func (a archive) id() (string, error) {
	config, err := a.configuration()
	if err != nil {
		return "", err
	}
	return "sha256:" + digestOf(config), nil
}

func digestOf(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// write writes the archive.
func (a archive) write(to io.Writer) error {
	config, err := a.configuration()
	if err != nil {
		return err
	}
	entry := saved{Config: digestOf(config) + ".json", RepoTags: a.references}
	writer := tar.NewWriter(to)
	for _, l := range a.layers {
		name := l.digest + "/layer.tar"
		entry.Layers = append(entry.Layers, name)
		if err := a.writeFile(writer, name, l.path); err != nil {
			return err
		}
	}
	if err := a.writeData(writer, entry.Config, config); err != nil {
		return err
	}
	index, err := json.Marshal([]saved{entry})
	if err != nil {
		return err
	}
	return errors.Join(a.writeData(writer, "manifest.json", index), writer.Close())
}

func (a archive) writeFile(writer *tar.Writer, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size(), ModTime: a.created}); err != nil {
		return err
	}
	_, err = io.Copy(writer, file)
	return err
}

func (a archive) writeData(writer *tar.Writer, name string, data []byte) error {
	if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), ModTime: a.created}); err != nil {
		return err
	}
	_, err := writer.Write(data)
	return err
}
