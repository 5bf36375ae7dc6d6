package bird

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Status is what BIRD says about itself.
type Status struct {
	Version  string
	RouterID netip.Addr
	// LastReconfiguration is when BIRD last read its configuration, to the second.
	LastReconfiguration time.Time
	// Recovery describes the graceful restart recovery that is going on; it is
	// empty if there is none. A BIRD started with -R recovers: until every
	// configured peer has sent all its routes, or for 240 s, it programs and
	// announces no route, though its sessions are Established.
	Recovery string
	// Reconfiguring says that BIRD has accepted a new configuration and does not run
	// it yet.
	Reconfiguring bool
}

const (
	codeVersion  = 1000
	codeStatus   = 1011
	codeRecovery = 24
	codeDaemon   = 13
)

// Status asks BIRD for its state.
func (c *Client) Status(ctx context.Context) (Status, error) {
	replies, err := c.Command(ctx, "show status")
	if err != nil {
		return Status{}, err
	}
	status, err := parseStatus(replies)
	if err != nil {
		return Status{}, fmt.Errorf("read BIRD's status: %w", err)
	}
	return status, nil
}

func parseStatus(replies []Reply) (Status, error) {
	var (
		status   Status
		recovery []string
		err      error
	)
	for _, r := range replies {
		text := strings.TrimSpace(r.Text)
		switch r.Code {
		case codeVersion:
			status.Version = strings.TrimPrefix(text, "BIRD ")
		case codeRecovery:
			recovery = append(recovery, text)
		case codeDaemon:
			status.Reconfiguring = text == "Reconfiguration in progress"
		case codeStatus:
			if id, ok := strings.CutPrefix(text, "Router ID is "); ok {
				if status.RouterID, err = netip.ParseAddr(id); err != nil {
					return Status{}, fmt.Errorf("router ID: %w", err)
				}
			}
			if at, ok := strings.CutPrefix(text, "Last reconfiguration on "); ok {
				// BIRD prints local time without saying which.
				if status.LastReconfiguration, err = time.ParseInLocation(time.DateTime, at, time.Local); err != nil {
					return Status{}, fmt.Errorf("time of the last reconfiguration: %w", err)
				}
			}
		}
	}
	if !status.RouterID.IsValid() {
		return Status{}, fmt.Errorf("the answer names no router ID")
	}
	status.Recovery = strings.Join(recovery, "; ")
	return status, nil
}
