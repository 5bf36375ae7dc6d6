package catalogue

// calicoctl are the requirements of suites/calicoctl.
func calicoctl() []Entry {
	return []Entry{
		{ID: "CTL-001", Title: "node status: the mesh", Promises: []string{"M2", "A1"}, Profile: Extended, Sources: []Source{article(1)}},
		{ID: "CTL-002", Title: "article 1's files", Promises: []string{"M1", "R5", "F1"}, Profile: Extended, Sources: []Source{article(1)}},
		{ID: "CTL-003", Title: "node status: the rack's leaf", Promises: []string{"M2", "F2"}, Profile: Extended, Sources: []Source{article(1)}},
		{ID: "CTL-004", Title: "printed files are files", Promises: []string{"M1"}, Profile: Extended, Sources: []Source{article(3)}},
		{ID: "CTL-005", Title: "article 4's reflector by commands", Promises: []string{"M1", "M2", "E1", "E3"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "CTL-006", Title: "CalicoNodeStatus", Promises: []string{"M3"}, Profile: Extended},
		{ID: "CTL-010", Title: "article 3's bgpconf.yaml", Promises: []string{"M1", "A7"}, Profile: Extended, Sources: []Source{article(3)}},
		{ID: "CTL-011", Title: "get nodes -o wide", Promises: []string{"M1", "A12"}, Profile: Extended, Sources: []Source{article(3)}},
		{ID: "CTL-012", Title: "article 3's node1.yaml", Promises: []string{"M1", "A6"}, Profile: Extended, Sources: []Source{article(3)}},
		{ID: "CTL-013", Title: "ways to the datastore", Promises: []string{"M4"}, Profile: Extended, Sources: []Source{article(3), article(4)}},
	}
}
