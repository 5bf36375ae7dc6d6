package image

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/rackproof/rackproof/framework/build/docker"
)

// Source is where an image comes from.
type Source string

// The sources of images.
const (
	// SourceLocal are images that were built here.
	SourceLocal Source = "local"
	// SourcePublic are images of a public registry.
	SourcePublic Source = "public"
	// SourceMissing are images that the daemon does not have.
	SourceMissing Source = "missing"
)

// Choice is which image a lab is to use for one of the manifest's.
type Choice struct {
	Name string `json:"name"`
	// Reference is what Docker or containerd knows the image by. For a missing one it
	// is what it would be if it were built here.
	Reference string `json:"reference"`
	Source    Source `json:"source"`
	// key stands for what a local image was made from: see LabelKey.
	key string
}

// MissingError says that images are neither in Docker nor can be pulled.
type MissingError struct {
	// Images are their names in the manifest.
	Images []string
	// Reason says why they are not pulled.
	Reason string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("Docker does not have the images of %s, %s: build them by `make images` (`rackproof images build %s`)",
		strings.Join(e.Images, ", "), e.Reason, strings.Join(e.Images, " "))
}

// Choose tells which image the daemon has for one of the manifest's: the one that was
// built here if it is there, else the public one.
func (m Manifest) Choose(ctx context.Context, c *client.Client, name string) (Choice, error) {
	image, err := m.Image(name)
	if err != nil {
		return Choice{}, err
	}
	for _, reference := range []string{image.Reference, image.PublicReference()} {
		if reference == "" {
			continue
		}
		there, err := look(ctx, c, reference)
		switch {
		case err != nil:
			return Choice{}, err
		case there.built:
			return Choice{name, reference, SourceLocal, there.key}, nil
		case there.id != "":
			return Choice{Name: name, Reference: reference, Source: SourcePublic}, nil
		}
	}
	return Choice{Name: name, Reference: image.Reference, Source: SourceMissing}, nil
}

// Provide gives, by the manifest's names, the images that a lab is to use. It pulls a
// missing image if there is a public one and the daemon can reach a registry;
// Rackproof's own daemon cannot. An image without a source is a MissingError, and an
// image that was built here from something else than this program knows is a StaleError.
func (m Manifest) Provide(ctx context.Context, d *docker.Daemon, progress io.Writer, names ...string) (map[string]Choice, error) {
	c, err := d.Client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	choices := map[string]Choice{}
	missing := &MissingError{Reason: "and reaches no registry"}
	for _, name := range names {
		choice, err := m.Choose(ctx, c, name)
		if err != nil {
			return nil, err
		}
		if choice.Source == SourceMissing {
			image, err := m.Image(name)
			if err != nil {
				return nil, err
			}
			public := image.PublicReference()
			if public == "" || d.Private() {
				missing.Images = append(missing.Images, name)
				continue
			}
			if progress != nil {
				fmt.Fprintf(progress, "images: pulling %s\n", public)
			}
			if err := pull(ctx, c, public); err != nil {
				missing.Images = append(missing.Images, name)
				missing.Reason = fmt.Sprintf("and pulling %s failed (%v)", public, err)
				continue
			}
			choice = Choice{Name: name, Reference: public, Source: SourcePublic}
		}
		choices[name] = choice
	}
	if len(missing.Images) > 0 {
		return nil, missing
	}
	return choices, m.checkFresh(choices)
}

// StaleError says that images were built from something else than this program would
// build them from: another version of Rackproof, or of the distribution.
type StaleError struct {
	// Images are their names in the manifest.
	Images []string
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("Docker has images of %s that were built from other sources than this program's: build them again by `make images` (`rackproof images build %s`)",
		strings.Join(e.Images, ", "), strings.Join(e.Images, " "))
}

// checkFresh refuses local images that this program would build otherwise. A verdict on
// an older image is one on another lab.
func (m Manifest) checkFresh(choices map[string]Choice) error {
	var local []Choice
	for _, name := range slices.Sorted(maps.Keys(choices)) {
		if choices[name].Source == SourceLocal {
			local = append(local, choices[name])
		}
	}
	if len(local) == 0 {
		return nil
	}
	release, err := os.ReadFile(osRelease)
	if err != nil {
		return fmt.Errorf("find out which distribution this is: %w", err)
	}
	// A key is the same in all cache folders.
	planned, err := planComponents("")
	if err != nil {
		return err
	}
	places, err := m.places(planned, codename(string(release)), "")
	if err != nil {
		return err
	}
	stale := &StaleError{}
	for _, choice := range local {
		if choice.key != places[choice.Name].key {
			stale.Images = append(stale.Images, choice.Name)
		}
	}
	if len(stale.Images) > 0 {
		return stale
	}
	return nil
}

// pull pulls an image.
func pull(ctx context.Context, c *client.Client, reference string) error {
	response, err := c.ImagePull(ctx, reference, client.ImagePullOptions{})
	if err != nil {
		return err
	}
	return response.Wait(ctx)
}
