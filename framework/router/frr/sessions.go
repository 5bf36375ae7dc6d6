package frr

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/session"
)

// SessionsQuery is the command whose answer ParseSessions reads.
const SessionsQuery = "show bgp ipv4 unicast summary json"

// ParseSessions reads the router's sessions, ordered by peer.
func ParseSessions(output []byte) ([]session.Session, error) {
	var summary struct {
		Peers map[netip.Addr]struct {
			LocalAS  uint32 `json:"localAs"`
			RemoteAS uint32 `json:"remoteAs"`
			State    string `json:"state"`
		} `json:"peers"`
	}
	if err := json.Unmarshal(output, &summary); err != nil {
		return nil, fmt.Errorf("read FRR's summary of BGP sessions: %w", err)
	}
	sessions := make([]session.Session, 0, len(summary.Peers))
	for peer, p := range summary.Peers {
		state, err := normalize(p.State)
		if err != nil {
			return nil, fmt.Errorf("read FRR's session with %s: %w", peer, err)
		}
		sessions = append(sessions, session.Session{
			Peer: peer, Kind: session.FabricPeer, LocalAS: p.LocalAS, PeerAS: p.RemoteAS, State: state,
		})
	}
	return session.Sorted(sessions), nil
}

// normalize puts FRR's word for a session's state into RFC 4271's words.
func normalize(state string) (session.State, error) {
	switch s := session.State(state); s {
	case session.Idle, session.Connect, session.Active, session.OpenSent, session.OpenConfirm, session.Established:
		return s, nil
	}
	switch state {
	case "Idle (Admin)": // neighbor … shutdown
		return session.Down, nil
	case "Idle (PfxCt)": // over its maximum of prefixes
		return session.Idle, nil
	case "Clearing", "Deleted": // FRR's own: it still takes a lost session's routes away
		return session.Idle, nil
	}
	return "", fmt.Errorf("unknown state %q", state)
}
