// Package session has the words that oracle and observation share about BGP
// sessions. Like package route it is pure.
package session

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Kind says where a session's configuration comes from.
type Kind string

// The kinds of session. The first three are Calico's own peer types, in the
// words of `calicoctl node status`; LocalWorkload is a node's session with one of
// its own pods, which calicoctl passes over; FabricPeer is a neighbour that a
// router's own configuration names.
const (
	NodeToNodeMesh Kind = "node-to-node mesh"
	NodeSpecific   Kind = "node specific"
	Global         Kind = "global"
	LocalWorkload  Kind = "local workload"
	FabricPeer     Kind = "fabric"
)

// State is a BGP session's state in the words of RFC 4271, section 8.2.2.
type State string

// The states of RFC 4271. Down stands for a session that is configured but whose
// protocol is switched off.
const (
	Idle        State = "Idle"
	Connect     State = "Connect"
	Active      State = "Active"
	OpenSent    State = "OpenSent"
	OpenConfirm State = "OpenConfirm"
	Established State = "Established"
	Down        State = "Down"
)

// Session is one end of a BGP session, as the host that has it sees it.
type Session struct {
	// Peer is the neighbour's address.
	Peer netip.Addr
	Kind Kind
	// LocalAS and PeerAS are the AS numbers that this end uses and expects.
	LocalAS, PeerAS uint32
	State           State
}

// String prints the session on one line.
func (s Session) String() string {
	return fmt.Sprintf("%s AS %d (local AS %d), %s, %s", s.Peer, s.PeerAS, s.LocalAS, s.Kind, s.State)
}

// Sessions are the sessions of several hosts, by host name.
type Sessions map[string][]Session

// Sorted returns sessions ordered by peer and kind.
func Sorted(sessions []Session) []Session {
	return slices.SortedFunc(slices.Values(sessions), func(a, b Session) int {
		return cmp.Or(a.Peer.Compare(b.Peer), cmp.Compare(a.Kind, b.Kind))
	})
}

// Difference is what stands between the expected and the observed sessions of
// one host.
type Difference struct {
	Missing    []Session
	Unexpected []Session
	Changed    []Change
}

// Change is a session with the right peer that is otherwise not as expected.
type Change struct {
	Want, Got Session
}

// Empty reports whether the sessions agree.
func (d Difference) Empty() bool {
	return len(d.Missing) == 0 && len(d.Unexpected) == 0 && len(d.Changed) == 0
}

// String lists the difference, one session a line.
func (d Difference) String() string {
	var b strings.Builder
	for _, s := range d.Missing {
		fmt.Fprintf(&b, "- missing     %s\n", s)
	}
	for _, s := range d.Unexpected {
		fmt.Fprintf(&b, "+ unexpected  %s\n", s)
	}
	for _, c := range d.Changed {
		fmt.Fprintf(&b, "~ expected    %s\n  got         %s\n", c.Want, c.Got)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Compare holds the observed sessions of one host against the expected ones.
func Compare(want, got []Session) Difference {
	var d Difference
	rest := Sorted(got)
	for _, w := range Sorted(want) {
		i := slices.IndexFunc(rest, func(s Session) bool { return s.Peer == w.Peer })
		if i < 0 {
			d.Missing = append(d.Missing, w)
			continue
		}
		if rest[i] != w {
			d.Changed = append(d.Changed, Change{Want: w, Got: rest[i]})
		}
		rest = slices.Delete(rest, i, i+1)
	}
	d.Unexpected = rest
	if len(rest) == 0 {
		d.Unexpected = nil
	}
	return d
}

// CompareAll holds the sessions of all hosts against each other and returns the
// hosts that differ.
func CompareAll(want, got Sessions) map[string]Difference {
	differences := map[string]Difference{}
	hosts := map[string]bool{}
	for host := range want {
		hosts[host] = true
	}
	for host := range got {
		hosts[host] = true
	}
	for host := range hosts {
		if d := Compare(want[host], got[host]); !d.Empty() {
			differences[host] = d
		}
	}
	return differences
}

// DescribeAll prints differences host by host.
func DescribeAll(differences map[string]Difference) string {
	var b strings.Builder
	for _, host := range slices.Sorted(maps.Keys(differences)) {
		fmt.Fprintf(&b, "%s:\n  %s\n", host, strings.ReplaceAll(differences[host].String(), "\n", "\n  "))
	}
	return b.String()
}
