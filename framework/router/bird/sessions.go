package bird

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/session"
)

const (
	codeProtocol        = 1002
	codeProtocolDetails = 1006
)

// Protocol is one of BIRD's BGP protocols.
type Protocol struct {
	// Name is what BIRD calls it in commands and answers.
	Name string
	// Session is without LocalAS where BIRD does not tell it: 1.6 does not, 2 does.
	Session session.Session
	// Restarting says that BIRD takes the end of the session for a restart of the neighbor, and
	// keeps its routes (RFC 4724).
	Restarting bool
	// Since is when the protocol was last started, came up or fell, in BIRD's own words: it is
	// good for a comparison alone.
	Since string
}

// Protocols asks BIRD for its BGP protocols, in no particular order.
func (c *Client) Protocols(ctx context.Context) ([]Protocol, error) {
	replies, err := c.Command(ctx, "show protocols all")
	if err != nil {
		return nil, err
	}
	protocols, err := parseProtocols(replies)
	if err != nil {
		return nil, fmt.Errorf("read BIRD's protocols: %w", err)
	}
	return protocols, nil
}

// Sessions asks BIRD for its BGP sessions, ordered by peer. Their local AS
// numbers are taken from config, the text of the configuration that BIRD runs
// (Calico: /etc/calico/confd/config/bird.cfg), as BIRD 1.6 does not tell them. A
// session that config does not have, as just after a change, gets AS 0.
func (c *Client) Sessions(ctx context.Context, config []byte) ([]session.Session, error) {
	protocols, err := c.Protocols(ctx)
	if err != nil {
		return nil, err
	}
	local, err := localAS(config)
	if err != nil {
		return nil, fmt.Errorf("look up BIRD's local AS numbers in its configuration: %w", err)
	}
	sessions := make([]session.Session, len(protocols))
	for i, p := range protocols {
		sessions[i] = p.Session
		sessions[i].LocalAS = local[p.Name]
	}
	return session.Sorted(sessions), nil
}

// parseProtocols reads the answer to `show protocols all`: a line for each
// protocol, followed by its details.
func parseProtocols(replies []Reply) ([]Protocol, error) {
	var protocols []Protocol
	bgp := false // the protocol whose details are being read is BGP
	for _, r := range replies {
		switch r.Code {
		case codeProtocol:
			words := strings.Fields(r.Text)
			if len(words) < 2 {
				return nil, fmt.Errorf("no name and type in %q", r.Text)
			}
			if bgp = words[1] == "BGP"; bgp {
				protocols = append(protocols, Protocol{Name: words[0], Session: session.Session{Kind: kind(words[0])}, Since: since(words)})
			}
		case codeProtocolDetails:
			if !bgp {
				continue
			}
			p := &protocols[len(protocols)-1]
			p.Restarting = p.Restarting || strings.TrimSpace(r.Text) == "Neighbor graceful restart active"
			if err := readDetail(&p.Session, r.Text); err != nil {
				return nil, fmt.Errorf("protocol %s: %w", p.Name, err)
			}
		}
	}
	for _, p := range protocols {
		if s := p.Session; !s.Peer.IsValid() || s.PeerAS == 0 || s.State == "" {
			return nil, fmt.Errorf("protocol %s: no neighbor address, AS or state among its details", p.Name)
		}
	}
	return protocols, nil
}

// since is the time in a protocol's line, which goes before its info and may be of two words, a
// date and a time. The info is left out by its first letter.
func since(words []string) string {
	if len(words) < 5 {
		return ""
	}
	times := words[4:]
	i := slices.IndexFunc(times, func(word string) bool { return word[0] < '0' || word[0] > '9' })
	if i >= 0 {
		times = times[:i]
	}
	return strings.Join(times, " ")
}

// readDetail reads one line of a BGP protocol's details. Lines of no interest
// are most of them.
func readDetail(s *session.Session, line string) error {
	key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
	value = strings.TrimSpace(value)
	var err error
	switch key {
	case "BGP state":
		s.State, err = normalize(value)
	case "Neighbor address":
		s.Peer, err = netip.ParseAddr(value)
	case "Neighbor AS":
		s.PeerAS, err = parseNumber(value)
	case "Local AS":
		s.LocalAS, err = parseNumber(value)
	}
	return err
}

// kind tells by the name that confd gives a protocol where the session comes
// from (confd/etc/calico/confd/templates/bird.cfg.template).
func kind(protocol string) session.Kind {
	switch {
	case strings.HasPrefix(protocol, "Mesh_"):
		return session.NodeToNodeMesh
	case strings.HasPrefix(protocol, "Node_"):
		return session.NodeSpecific
	case strings.HasPrefix(protocol, "Global_"):
		return session.Global
	case strings.HasPrefix(protocol, "Local_Workload_"):
		return session.LocalWorkload
	}
	return session.FabricPeer
}

// normalize puts BIRD's word for a session's state into RFC 4271's words.
func normalize(state string) (session.State, error) {
	switch s := session.State(state); s {
	case session.Idle, session.Connect, session.Active, session.OpenSent, session.OpenConfirm, session.Established, session.Down:
		return s, nil
	}
	switch state {
	case "Passive": // waits for the peer to connect and does not connect itself
		return session.Active, nil
	case "Close": // the connection is being taken down
		return session.Idle, nil
	}
	return "", fmt.Errorf("unknown state %q", state)
}
