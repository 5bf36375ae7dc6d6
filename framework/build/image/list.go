package image

import (
	"context"

	"github.com/moby/moby/client"
)

// Entry is an image as it is listed.
type Entry struct {
	Choice
	Use    Use    `json:"use"`
	Public string `json:"public,omitempty"`
	About  string `json:"about,omitempty"`
}

// List tells of the images with a use, and whether the daemon has them. Those of nodes
// need not be there: they are in the node's image.
func (m Manifest) List(ctx context.Context, c *client.Client) ([]Entry, error) {
	var list []Entry
	for _, image := range m.Images {
		if image.Use == "" {
			continue
		}
		choice, err := m.Choose(ctx, c, image.Name)
		if err != nil {
			return nil, err
		}
		list = append(list, Entry{Choice: choice, Use: image.Use, Public: image.PublicReference(), About: image.About})
	}
	return list, nil
}
