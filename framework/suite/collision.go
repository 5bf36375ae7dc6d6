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
// each session that is down takes its neighbor to be restarting, and one of them at least connects
// while we look: it is up then, or has fallen again. The other may have its connection closed
// before that. Where something else keeps a session down nobody connects.
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
	first, tried, timeout := map[end]string{}, map[end]bool{}, collisionTime
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
			for _, s := range down[name] {
				e := end{name, s.Peer}
				tried[e] = tried[e] || connected(first, e, restarting)
			}
		}
		return allTried(down, first, tried, l.topology), nil
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

// allTried reports whether each end of the sessions was seen down, and of each session one end
// at least has connected.
func allTried(down session.Sessions, first map[end]string, tried map[end]bool, t *topology.Topology) bool {
	for host, list := range down {
		for _, s := range list {
			e := end{host, s.Peer}
			other := slices.ContainsFunc(down[peerOf(t, s)], func(back session.Session) bool {
				return peerOf(t, back) == host && tried[end{peerOf(t, s), back.Peer}]
			})
			if _, seen := first[e]; !seen || !tried[e] && !other {
				return false
			}
		}
	}
	return true
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
	return known && (!down || later(before, since))
}

// sinceError is by how much BIRD 1.6 may tell one moment in two ways: it takes its age from the
// time of day, and rounds both. Two tries are further apart.
const sinceError = time.Second

// later reports whether a time of day in BIRD's words is after another one. BIRD also tells the
// day of what is 20 hours old, which no try is.
func later(before, since string) bool {
	first, errFirst := time.Parse(time.TimeOnly, before)
	now, errNow := time.Parse(time.TimeOnly, since)
	if errFirst != nil || errNow != nil {
		return false
	}
	age := now.Sub(first)
	if age < -12*time.Hour {
		age += 24 * time.Hour // midnight is between the two
	}
	return age > sinceError
}
