package oracle

import (
	"errors"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// Sessions are the BGP sessions that every node and router must have, with those
// that cannot come up: these have state session.Down, as a daemon that keeps
// trying passes through every state but Established. Observed sessions are to be
// compared after session.Settled. Hosts without BGP, and nodes that are gone, have
// no entry.
func (s State) Sessions() (session.Sessions, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	return sessions(r.speakers), nil
}

// Tables are the main routing tables that the hosts must have, whole. Nodes that
// are gone have none.
func (s State) Tables() (route.Tables, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	return r.tables(), nil
}

// solution is a state that has come to rest.
type solution struct {
	network  network
	speakers []*bgp.Speaker
	// plain are the tables of nodes without BGP.
	plain route.Tables
	gone  map[string]bool
}

// maxPhases bounds how often sessions may change because routes did. In a fabric
// that comes to rest it takes a phase for the sessions on links, one for those
// across the fabric, and few more.
const maxPhases = 32

func (s State) solve() (solution, error) {
	if err := s.check(); err != nil {
		return solution{}, err
	}
	r := solution{network: network{s.Topology, s.CutLinks, s.CutEnds}, gone: map[string]bool{}}
	for _, n := range s.Nodes {
		r.gone[n.Name] = n.Gone
	}
	r.plain = s.plainNodes(r.network)
	var err error
	if r.speakers, err = s.speakers(r.network); err != nil {
		return solution{}, err
	}
	for range maxPhases {
		if err := bgp.Propagate(r.speakers); err != nil {
			return solution{}, err
		}
		if !refresh(r.speakers, r.network, r.tables()) {
			return r, nil
		}
	}
	return solution{}, errors.New("oracle: the sessions do not settle: look for a multihop session whose routes, once it is up, cut its own way off")
}
