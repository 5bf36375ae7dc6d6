package suite

import (
	"context"
	"slices"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// collisions is the number of the issue by which two nodes connect to each other again and
// again: where a BGPPeer has selectors, confd v3.31.0 makes neither end passive (CalicoNode in
// confd/pkg/backends/calico/client.go is set for a peerIP alone). Each BIRD takes the other's
// connection for a graceful restart, and closes the one that is established. Both try again
// after the same 2 s, which BIRD counts in whole seconds of the same clock.
const collisions = "projectcalico/calico#5625"

// collided reports whether sessions differ from those that must be in nothing but sessions of
// nodes with nodes by BGPPeers that are down. It returns their ends by host.
func collided(t *topology.Topology, must, seen session.Sessions) (ends session.Sessions, ok bool) {
	ends = session.Sessions{}
	for host, sessions := range must {
		if len(seen[host]) != len(sessions) {
			return nil, false
		}
		for i, s := range sessions {
			down := s
			down.State = session.Down
			switch got := seen[host][i]; {
			case got == s:
				continue
			case got != down, s.Kind != session.NodeSpecific && s.Kind != session.Global:
				return nil, false
			}
			for _, name := range []string{host, peerOf(t, s)} {
				if end, known := t.Host(name); !known || !end.Role.RunsCalico() {
					return nil, false
				}
			}
			ends[host] = append(ends[host], s)
		}
	}
	return ends, len(ends) > 0
}

func peerOf(t *topology.Topology, s session.Session) string {
	name, _ := t.HostOf(s.Peer)
	return name
}

// collides reports whether the sessions of a lab are as a known issue leaves them: in each
// session that is down a BIRD takes its neighbor to be restarting.
func (l *Lab) collides(ctx context.Context, must, seen session.Sessions) bool {
	ends, ok := collided(l.topology, must, seen)
	for host, sessions := range ends {
		restarting, err := observe.Restarting(ctx, l.At(host), l.Node(host).Families())
		for _, s := range sessions {
			ok = ok && err == nil && slices.Contains(restarting, s.Peer)
		}
	}
	return ok
}
