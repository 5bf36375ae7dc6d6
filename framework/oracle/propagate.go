package oracle

import (
	"errors"
	"net/netip"
	"slices"
)

// propagate lets the speakers exchange paths over the sessions that are up, until
// nobody has anything new to say. They speak one after the other, each hearing
// what the ones before it have just said: like real speakers, and unlike speakers
// in lockstep, they settle wherever the policies allow it.
func propagate(speakers []*speaker) error {
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

// listen takes what the neighbours say now, and tells whether it is news.
func (s *speaker) listen() bool {
	news := false
	for _, p := range s.peers {
		var received []path
		if p.up {
			received = p.far.announce()
		}
		if !slices.EqualFunc(p.received, received, sameAnnouncement) {
			p.received, news = received, true
		}
	}
	return news
}

// announce returns what the far end takes of what this end sends.
func (p *peer) announce() []path {
	var sent []path
	s, receiver := p.speaker, p.far
	for _, prefix := range s.prefixes() {
		paths := s.rib[prefix]
		if !s.daemon.sendsAllPaths() {
			paths = paths[:1]
		}
		for _, candidate := range paths {
			a, ok := s.daemon.advertise(s, candidate, p)
			if !ok {
				continue
			}
			if !p.internal() {
				// LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST stay in the AS.
				a.localPref, a.originator, a.clusters = defaultLocalPref, netip.Addr{}, nil
			}
			if receiver.speaker.daemon.accepts(receiver.speaker, prefix, a, receiver) {
				sent = append(sent, path{prefix: prefix, preference: receiver.speaker.daemon.learnedPreference(), from: receiver, attributes: a})
			}
		}
	}
	return sent
}

// reflect marks what a route reflector passes on (RFC 4456, section 8).
func reflect(a attributes, from *peer, cluster netip.Addr) attributes {
	if !a.originator.IsValid() {
		a.originator = from.far.speaker.id
	}
	a.clusters = append([]netip.Addr{cluster}, a.clusters...)
	return a
}

// leaveAS prepends the AS that a path leaves (RFC 4271, section 5.1.2).
func leaveAS(a attributes, as uint32) attributes {
	a.asPath = append([]uint32{as}, a.asPath...)
	return a
}

// loops tells whether the receiver's AS is in a path more often than it allows
// (RFC 4271, section 9.1.2).
func loops(a attributes, at *peer) bool {
	times := 0
	for _, as := range a.asPath {
		if as == at.session.LocalAS {
			times++
		}
	}
	return times > at.allowedLocalAS
}
