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
	sessions, err := observe.SessionsOf(ctx, l.Lab, host)
	if err != nil {
		return "", err
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
	sessions, err := observe.SessionsOf(ctx, l.Lab, host)
	if err != nil {
		return nil, err
	}
	var peers []string
	for _, s := range sessions {
		name, _ := l.Topology().HostOf(s.Peer)
		peers = append(peers, name)
	}
	return peers, nil
}
