package catalogue

// rackreflector are the requirements of suites/rackreflector.
func rackreflector() []Entry {
	return []Entry{
		{ID: "RRR-001", Title: "sessions of the design", Promises: []string{"E1", "F1", "R1"}, Profile: Core, Sources: []Source{article(3)}},
		{ID: "RRR-002", Title: "nodes peer with their rack's reflectors", Promises: []string{"E2", "F1"}, Profile: Core, Sources: []Source{article(3)}},
		{ID: "RRR-003", Title: "reflector: eBGP with leaf, iBGP with nodes", Promises: []string{"E1", "F2"}, Profile: Core, Sources: []Source{article(3)}},
		{ID: "RRR-004", Title: "node changes its group", Promises: []string{"F1"}, Profile: Extended},
		{ID: "RRR-010", Title: "own rack's blocks via the owners", Promises: []string{"F22", "E2"}, Profile: Core},
		{ID: "RRR-011", Title: "other racks' blocks via the leaf", Promises: []string{"F22"}, Profile: Core},
		{ID: "RRR-012", Title: "a node's exact table", Promises: []string{"F22", "A3"}, Profile: Core},
		{ID: "RRR-013", Title: "nextHopMode Keep to the leaf", Promises: []string{"E9", "F4", "F21"}, Profile: Core, Since: "v3.31"},
		{ID: "RRR-014", Title: "reflectors as next hops", Promises: []string{"E9", "E10"}, Profile: Extended},
		{ID: "RRR-015", Title: "fabric's routes", Promises: []string{"F4", "F5", "R3"}, Profile: Core},
		{ID: "RRR-016", Title: "originator and cluster list", Promises: []string{"E3"}, Profile: Core},
		{ID: "RRR-017", Title: "AS path to another rack", Promises: []string{"F22"}, Profile: Core, Sources: []Source{rfc(4271)}},
		{ID: "RRR-018", Title: "exact BGP paths", Promises: []string{"E3"}, Profile: Core, Sources: []Source{rfc(4271)}},
		{ID: "RRR-030", Title: "pods within a rack", Promises: []string{"N1"}, Profile: Core},
		{ID: "RRR-031", Title: "pods of different racks", Promises: []string{"N1"}, Profile: Core},
		{ID: "RRR-032", Title: "client to pods", Promises: []string{"N3"}, Profile: Core},
		{ID: "RRR-033", Title: "one-way next hops lose packets", Promises: []string{"E9"}, Profile: Extended, Sources: []Source{issue(3666)}, Since: "v3.31"},
		{ID: "RRR-042", Title: "rack without reflectors", Promises: []string{"E4"}, Profile: Extended},
		{ID: "RRR-044", Title: "one reflector's BIRD killed", Promises: []string{"E4", "K1", "K6"}, Profile: Core},
		{ID: "RRR-045", Title: "reflector becomes an ordinary node", Promises: []string{"E4"}, Profile: Extended},
		{ID: "RRR-046", Title: "reflector cut off", Promises: []string{"E4", "F20"}, Profile: Core},
		{ID: "RRR-050", Title: "own AS in the path refused", Promises: []string{"F10"}, Profile: Extended, Sources: []Source{rfc(4271)}},
		{ID: "RRR-051", Title: "own AS allowed towards the leaf", Promises: []string{"F10"}, Profile: Extended},
		{ID: "RRR-052", Title: "own AS allowed between nodes", Promises: []string{"F10"}, Profile: Extended},
		{ID: "RRR-060", Title: "borrowed address across racks", Promises: []string{"B13"}, Profile: Extended},
	}
}
