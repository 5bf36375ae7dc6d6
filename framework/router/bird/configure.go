package bird

import (
	"context"
	"fmt"
	"time"
)

// configurePoll is the interval of looks at a change of the configuration, for
// whose end there is no event.
const configurePoll = 100 * time.Millisecond

// Codes of BIRD's answers to `configure`: done, or on its way, as sessions that the
// change ends have to be closed first.
const (
	codeReconfigured        = 3
	codeReconfiguring       = 4
	codeReconfigurationNext = 5
)

// Configure makes BIRD read its configuration file again and returns when it runs
// what the file says. Sessions that the file has as before are left alone. A file
// that BIRD does not accept is an *Error with the line, and changes nothing.
func (c *Client) Configure(ctx context.Context) error {
	replies, err := c.Command(ctx, "configure")
	if err != nil {
		return err
	}
	var last Reply
	if len(replies) > 0 {
		last = replies[len(replies)-1]
	}
	switch last.Code {
	case codeReconfigured:
		return nil
	case codeReconfiguring, codeReconfigurationNext:
	default:
		return fmt.Errorf("give BIRD its new configuration: it answers %04d %s", last.Code, last.Text)
	}
	for {
		status, err := c.Status(ctx)
		if err != nil {
			return fmt.Errorf("wait for BIRD's new configuration: %w", err)
		}
		if !status.Reconfiguring {
			return nil
		}
		select {
		case <-time.After(configurePoll):
		case <-ctx.Done():
			return fmt.Errorf("wait for BIRD's new configuration: %w", context.Cause(ctx))
		}
	}
}
