package suite

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

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

const (
	// collisionTime bounds the look whether sessions come up. A try takes 2 s. After a message
	// about an error BIRD waits 5 s and longer before it (error wait time in confd's
	// bird.cfg.template), and it counts in whole seconds.
	collisionTime = 12 * time.Second
	// spoiledCollisionTime is that in a lab with a defect, where many specs fail.
	spoiledCollisionTime = 5 * time.Second
)

// knownIssue returns the number of the known issue by which the lab's sessions are at this moment
// not as they must be; empty for none. It is the collision's if nothing else differs, each end of
// each session that is down takes its neighbor to be restarting, and each connects while we look:
// it is up then, or has fallen again. Where something else keeps a session down nobody connects.
func (l *Lab) knownIssue(ctx context.Context) string {
	state, err := l.State(ctx)
	if err != nil {
		return ""
	}
	must, err := state.Sessions()
	if err != nil {
		return ""
	}
	seen, err := observe.Sessions(ctx, l.Lab)
	if err != nil {
		return ""
	}
	down, ok := collided(l.topology, must, session.Settled(seen))
	if !ok {
		return ""
	}
	first, still, timeout := map[end]string{}, ends(down), collisionTime
	if l.spoiled != nil {
		timeout = spoiledCollisionTime
	}
	err = wait.PollUntilContextTimeout(ctx, poll, timeout, true, func(ctx context.Context) (bool, error) {
		for name := range down {
			host, err := l.Host(name)
			if err != nil {
				return false, err
			}
			node, _ := l.topology.Host(name)
			restarting, err := observe.Restarting(ctx, host, node.Families())
			if err != nil {
				return false, err
			}
			still = slices.DeleteFunc(still, func(e end) bool { return e.host == name && connected(first, e, restarting) })
		}
		return len(still) == 0, nil
	})
	if err != nil {
		return ""
	}
	return collisions
}

// end is one end of a session.
type end struct {
	host string
	peer netip.Addr
}

func ends(sessions session.Sessions) (all []end) {
	for host, list := range sessions {
		for _, s := range list {
			all = append(all, end{host, s.Peer})
		}
	}
	return all
}

// connected reports whether an end has come up since it was first seen down, which it notes in
// first; it may have fallen again. restarting is what a BIRD shows now: an end that is not in it
// is up.
func connected(first map[end]string, e end, restarting map[netip.Addr]string) bool {
	since, down := restarting[e.peer]
	before, known := first[e]
	if !known && down {
		first[e] = since
	}
	return known && (!down || since != before)
}
