package bgp

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

// Propagate lets the speakers exchange paths over the sessions that are up, until
// nobody has anything new to say. They speak one after the other, each hearing
// what the ones before it have just said: like real speakers, and unlike speakers
// in lockstep, they settle wherever the policies allow it.
func Propagate(speakers []*Speaker) error {
	for _, s := range speakers {
		s.decide()
	}
	// A path visits every speaker at most once on its way, so that many rounds are
	// enough; each may be followed by one that withdraws what is no longer best.
	for range 2*len(speakers) + 2 {
		settled := true
		for _, s := range speakers {
			if s.listen() {
				s.decide()
				settled = false
			}
		}
		if settled {
			return nil
		}
	}
	return errors.New("oracle: the speakers' routes do not settle: look for sessions on which each of two speakers prefers the other's path")
}

// listen takes what the neighbours say now, and reports whether it is news.
func (s *Speaker) listen() bool {
	news := false
	for _, p := range s.Peers {
		var received []Path
		if p.Up {
			received = p.Far.announce()
		}
		if !slices.EqualFunc(p.Received, received, sameAnnouncement) {
			p.Received, news = received, true
		}
	}
	return news
}

// announce returns what the far end takes of what this end sends.
func (p *Peer) announce() []Path {
	var sent []Path
	s, receiver := p.Speaker, p.Far
	send := func(prefix netip.Prefix, a Attributes) {
		if !p.Internal() {
			// LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST stay in the AS.
			a.LocalPref, a.Originator, a.Clusters = path.DefaultLocalPref, netip.Addr{}, nil
		}
		if taken, ok := receiver.Speaker.Behaviour.Accepts(receiver.Speaker, prefix, a, receiver); ok {
			sent = append(sent, Path{Prefix: prefix, Preference: receiver.Speaker.Behaviour.LearnedPreference(), From: receiver, Attributes: taken})
		}
	}
	if originator, ok := s.Behaviour.(Originator); ok && p.DefaultOriginate {
		send(route.FamilyOf(p.Remote).Everywhere(), originator.Default(s, p))
	}
	for _, prefix := range s.Prefixes() {
		paths := s.RIB[prefix]
		if !s.Behaviour.SendsAllPaths() {
			paths = paths[:1]
		}
		for _, candidate := range paths {
			if a, ok := s.Behaviour.Advertise(s, candidate, p); ok {
				send(prefix, a)
			}
		}
	}
	return sent
}

// Reflect marks what a route reflector passes on (RFC 4456, section 8).
func Reflect(a Attributes, from *Peer, cluster netip.Addr) Attributes {
	if !a.Originator.IsValid() {
		a.Originator = from.Far.Speaker.ID
	}
	a.Clusters = append([]netip.Addr{cluster}, a.Clusters...)
	return a
}

// LeaveAS prepends the AS that a path leaves (RFC 4271, section 5.1.2).
func LeaveAS(a Attributes, as uint32) Attributes {
	a.ASPath = append([]uint32{as}, a.ASPath...)
	return a
}

// Loops reports whether the receiver's AS is in a path more often than it allows
// (RFC 4271, section 9.1.2).
func Loops(a Attributes, at *Peer) bool {
	times := 0
	for _, as := range a.ASPath {
		if as == at.Session.LocalAS {
			times++
		}
	}
	return times > at.AllowedLocalAS
}
