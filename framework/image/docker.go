package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Load loads the built images with a use into a Docker daemon, where it does not have
// them, and tells of each that it loads.
func (b Builds) Load(ctx context.Context, c *client.Client, progress io.Writer) error {
	for _, name := range b.names {
		p := b.places[name]
		if p.image.Reference == "" {
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
		if there, err := imageID(ctx, c, p.image.Reference); err != nil {
			return err
		} else if there == id {
			continue
		}
		if progress != nil {
			fmt.Fprintf(progress, "images: loading %s\n", p.image.Reference)
		}
		if err := load(ctx, c, archive); err != nil {
			return fmt.Errorf("load image %s into Docker: %w", p.image.Reference, err)
		}
	}
	return nil
}

// imageID is the id of an image of the daemon, empty if it does not have it.
func imageID(ctx context.Context, c *client.Client, reference string) (string, error) {
	found, err := c.ImageInspect(ctx, reference)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for image %s in Docker: %w", reference, err)
	}
	return found.ID, nil
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
	return readMessages(response)
}

// message is one of those that the daemon sends while it works.
type message struct {
	Error string `json:"error"`
}

// readMessages reads what the daemon says to its end; it may be an error.
func readMessages(from io.Reader) error {
	decoder := json.NewDecoder(from)
	for {
		var m message
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Error != "" {
			return errors.New(strings.TrimSpace(m.Error))
		}
	}
}
