package bird

import (
	"context"
	"fmt"
)

// codeIgnored says that BIRD is shutting down and does not configure itself.
const codeIgnored = 6

// Configure makes BIRD read its configuration again and apply what has changed.
// An error in the configuration is an *Error with file, line and column, and
// leaves BIRD as it is.
func (c *Client) Configure(ctx context.Context) error {
	replies, err := c.Command(ctx, "configure")
	if err != nil {
		return err
	}
	for _, r := range replies {
		if r.Code == codeIgnored {
			return fmt.Errorf("configure BIRD: %s", r.Text)
		}
	}
	return nil
}
