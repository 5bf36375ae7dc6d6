package oracle

import "fmt"

// Severed names sessions of which both ends know, and between which the tables have no way.
// Such a session is down in the end. One that was up before stays so until its hold time is
// over, which is minutes for Calico's BIRD: no link goes down that would tell it.
func (s State) Severed() ([]string, error) {
	r, err := s.solve()
	if err != nil {
		return nil, err
	}
	var found []string
	tables := r.tables()
	for _, speaker := range r.speakers {
		for _, p := range speaker.Peers {
			if !agrees(p) || p.SingleHop {
				continue
			}
			if _, err := Walk(r.network.Topology, tables, speaker.Host.Name, p.Remote); err != nil {
				found = append(found, fmt.Sprintf("%s to %s: %v", speaker.Host.Name, p.Remote, err))
			}
		}
	}
	return found, nil
}
