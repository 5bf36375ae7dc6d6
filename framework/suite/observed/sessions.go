package observed

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
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

// Openers names, for every two nodes that peer, those that open a connection to the other.
// The two are in the order of their addresses as text.
func Openers(l *suite.Lab) (map[[2]string][]string, error) {
	openers := map[[2]string][]string{}
	for _, node := range l.Topology().Nodes() {
		passive, err := observe.PassivePeers(l.At(node.Name), node.Families())
		if err != nil {
			return nil, err
		}
		for address, waits := range passive {
			name, _ := l.Topology().HostOf(address)
			if peer, ok := l.Topology().Host(name); !ok || peer.Role != topology.Node {
				continue
			}
			pair := [2]string{node.Name, name}
			if address.String() < node.Address().String() {
				pair = [2]string{name, node.Name}
			}
			if !waits {
				openers[pair] = append(openers[pair], node.Name)
			} else if openers[pair] == nil {
				openers[pair] = []string{}
			}
		}
	}
	return openers, nil
}
