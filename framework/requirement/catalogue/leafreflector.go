package catalogue

// leafreflector are the requirements of suites/leafreflector.
func leafreflector() []Entry {
	return []Entry{
		{ID: "LEAF-001", Title: "sessions of the design", Promises: []string{"R1", "F1"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-002", Title: "node-specific session with the own leaf", Promises: []string{"F1", "F2"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-003", Title: "leaf: iBGP with nodes, eBGP with spines", Promises: []string{"R1", "F7"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-004", Title: "source address of a session", Promises: []string{"F12"}, Profile: Extended},
		{ID: "LEAF-010", Title: "other racks' blocks via the leaf", Promises: []string{"F22", "F7"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-011", Title: "own rack's blocks via the owners", Promises: []string{"F7", "F22"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-012", Title: "no other route into the pool", Promises: []string{"A3"}, Profile: Core},
		{ID: "LEAF-013", Title: "a node's exact table", Promises: []string{"F7", "A3"}, Profile: Core},
		{ID: "LEAF-014", Title: "own blocks announced, no others", Promises: []string{"A4", "F5"}, Profile: Core},
		{ID: "LEAF-015", Title: "originator and cluster list", Promises: []string{"E3", "F7"}, Profile: Core},
		{ID: "LEAF-020", Title: "own rack's blocks to their owners", Promises: []string{"F4"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-021", Title: "ECMP to other racks' blocks", Promises: []string{"R2"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-022", Title: "ECMP to other racks' subnets", Promises: []string{"R2"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-023", Title: "spines know every block", Promises: []string{"F4", "R3"}, Profile: Core},
		{ID: "LEAF-024", Title: "no unexpected route on leaves", Promises: []string{"F5", "R3"}, Profile: Core},
		{ID: "LEAF-025", Title: "no unexpected route on spines", Promises: []string{"R3"}, Profile: Core},
		{ID: "LEAF-026", Title: "equal BGP paths over all spines", Promises: []string{"R2"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-030", Title: "pods within a rack", Promises: []string{"N1"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-031", Title: "pods of different racks", Promises: []string{"N1"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-032", Title: "client to pods", Promises: []string{"N3"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-033", Title: "node to pods", Promises: []string{"N2"}, Profile: Core},
		{ID: "LEAF-034", Title: "spine to pods", Promises: []string{"N3"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "LEAF-040", Title: "session follows the rack label", Promises: []string{"F1"}, Profile: Extended},
		{ID: "LEAF-041", Title: "routes follow the session", Promises: []string{"F1"}, Profile: Extended},
		{ID: "LEAF-050", Title: "spine lost: one way left", Promises: []string{"R4", "F9"}, Profile: Core},
		{ID: "LEAF-051", Title: "spine lost: traffic goes on", Promises: []string{"R4", "F9"}, Profile: Core},
		{ID: "LEAF-052", Title: "link back: both ways again", Promises: []string{"R4"}, Profile: Core},
		{ID: "LEAF-053", Title: "all spines lost", Promises: []string{"R4"}, Profile: Core},
		{ID: "LEAF-060", Title: "article's VyOS configurations", Promises: []string{"R5"}, Profile: Extended},
		{ID: "LEAF-071", Title: "full-size packets and path MTU", Promises: []string{"N10"}, Profile: Extended, Sources: []Source{article(1)}},
		{ID: "LEAF-072", Title: "article 1's NodePort", Promises: []string{"N9"}, Profile: Extended, Sources: []Source{article(1)}},
		{ID: "LEAF-080", Title: "borrowed address across racks", Promises: []string{"B13"}, Profile: Extended},
	}
}
