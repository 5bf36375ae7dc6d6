package image

import (
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// archive is an image that can be written in the form of `docker save`, which both
// Docker and containerd read.
type archive struct {
	references []string
	image      v1.Image
}

// newImage makes an image of layers.
func newImage(layers []layer, created time.Time, config Config, labels map[string]string) (v1.Image, error) {
	date := v1.Time{Time: created.UTC()}
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Created: date, Architecture: runtime.GOARCH, OS: "linux", RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Entrypoint: config.Entrypoint, Cmd: config.Cmd, Env: withPath(config.Env), User: config.User,
			WorkingDir: config.WorkingDir, StopSignal: config.StopSignal, Labels: labels,
		},
	})
	if err != nil {
		return nil, err
	}
	var additions []mutate.Addendum
	for _, l := range layers {
		additions = append(additions, mutate.Addendum{Layer: l, History: v1.History{Created: date, CreatedBy: "rackproof images build"}})
	}
	return mutate.Append(image, additions...)
}

// withPath gives an environment the PATH that it does not have.
func withPath(env []string) []string {
	for _, variable := range env {
		if strings.HasPrefix(variable, "PATH=") {
			return env
		}
	}
	return append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, env...)
}

// id is the image's id: the digest of its configuration.
func (a archive) id() (string, error) {
	digest, err := a.image.ConfigName()
	return digest.String(), err
}

// write writes the archive. The order of several references is not fixed; the image is.
func (a archive) write(to io.Writer) error {
	images := map[name.Reference]v1.Image{}
	for _, reference := range a.references {
		tag, err := name.NewTag(reference)
		if err != nil {
			return err
		}
		images[tag] = a.image
	}
	return tarball.MultiRefWrite(images, to)
}
