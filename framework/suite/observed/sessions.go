package observed

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
)

// SessionState is the state of a host's session with another host, which must be
// configured. Other hosts may be in whatever state.
func SessionState(ctx context.Context, l *suite.Lab, host, peer string) (session.State, error) {
	// Errors of other hosts do not matter here.
	all, err := observe.Sessions(ctx, l.Lab)
	sessions, ok := all[host]
	if !ok {
		return "", fmt.Errorf("the sessions of %s: %w", host, err)
	}
	for _, s := range sessions {
		if name, _ := l.Topology().HostOf(s.Peer); name == peer {
			return s.State, nil
		}
	}
	return "", fmt.Errorf("%s has no session with %s configured", host, peer)
}

// Peers names the hosts that a host has sessions with, whatever their state.
func Peers(ctx context.Context, l *suite.Lab, host string) ([]string, error) {
	all, err := observe.Sessions(ctx, l.Lab)
	sessions, ok := all[host]
	if !ok {
		return nil, fmt.Errorf("the sessions of %s: %w", host, err)
	}
	var peers []string
	for _, s := range sessions {
		name, _ := l.Topology().HostOf(s.Peer)
		peers = append(peers, name)
	}
	return peers, nil
}
