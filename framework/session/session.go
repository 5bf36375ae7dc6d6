// Package session has the words that oracle and observation share about BGP
// sessions. Like package route it is pure.
package session

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// Port is BGP's TCP port (RFC 4271, section 8).
const Port = 179

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

// Compare orders sessions by peer, kind, AS numbers and state.
func (s Session) Compare(o Session) int {
	return cmp.Or(s.Peer.Compare(o.Peer), cmp.Compare(s.Kind, o.Kind),
		cmp.Compare(s.LocalAS, o.LocalAS), cmp.Compare(s.PeerAS, o.PeerAS), cmp.Compare(s.State, o.State))
}

// Corresponds reports whether two sessions have the same peer.
func (s Session) Corresponds(o Session) bool { return s.Peer == o.Peer }

// Sessions are the sessions of several hosts, by host name.
type Sessions map[string][]Session

// Sorted returns sessions in the order of Session.Compare.
func Sorted(sessions []Session) []Session {
	return slices.SortedFunc(slices.Values(sessions), Session.Compare)
}
