package image

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/jsonmessage"
)

// Load loads the built images into a Docker daemon, where it does not have them, and
// tells of each that it loads. Without names in the build those that Docker runs are
// loaded: the others are in the node's image.
func (b Builds) Load(ctx context.Context, c *client.Client, progress io.Writer) error {
	for _, name := range b.names {
		p := b.places[name]
		if p.image.Reference == "" || (b.all && p.image.Use != UseDocker) {
			continue
		}
		archive, err := p.archive(b.manifest)
		if err != nil {
			return err
		}
		id, err := archive.id()
		if err != nil {
			return err
		}
		there, err := look(ctx, c, p.image.Reference)
		if err != nil {
			return err
		}
		if there.id == id {
			continue
		}
		if progress != nil {
			fmt.Fprintf(progress, "images: loading %s\n", p.image.Reference)
		}
		if err := load(ctx, c, archive); err != nil {
			return fmt.Errorf("load image %s into Docker: %w", p.image.Reference, err)
		}
		if there.built {
			// It has no name any more. Docker keeps what a container still uses.
			_, _ = c.ImageRemove(ctx, there.id, client.ImageRemoveOptions{PruneChildren: true})
		}
	}
	return nil
}

// found is an image of a daemon.
type found struct {
	// id is empty if the daemon does not have the image.
	id string
	// built reports whether it was built by this package, and key of what (see
	// LabelKey).
	built bool
	key   string
}

// look looks for an image.
func look(ctx context.Context, c *client.Client, reference string) (found, error) {
	image, err := c.ImageInspect(ctx, reference)
	if errdefs.IsNotFound(err) {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("look for image %s in Docker: %w", reference, err)
	}
	there := found{id: image.ID}
	if image.Config != nil {
		there.key, there.built = image.Config.Labels[LabelKey]
	}
	return there, nil
}

// load loads one image.
func load(ctx context.Context, c *client.Client, a archive) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(a.write(writer)) }()
	defer reader.Close()
	response, err := c.ImageLoad(ctx, reader, client.ImageLoadWithQuiet(true))
	if err != nil {
		return err
	}
	defer response.Close()
	return jsonmessage.DisplayStream(response, io.Discard)
}
