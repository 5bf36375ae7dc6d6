package catalogue

// crosssubnet are the requirements of suites/crosssubnet.
func crosssubnet() []Entry {
	return []Entry{
		{ID: "CRS-001", Title: "same subnet: own interface", Promises: []string{"C1"}, Profile: Core},
		{ID: "CRS-002", Title: "other subnet: through tunl0", Promises: []string{"C2", "B5"}, Profile: Core},
		{ID: "CRS-003", Title: "one owner of the pool's routes", Promises: []string{"B3", "B4"}, Profile: Extended},
		{ID: "CRS-004", Title: "fabric without pod routes", Promises: []string{"R3"}, Profile: Core},
		{ID: "CRS-010", Title: "tunl0 and its address", Promises: []string{"B1"}, Profile: Core},
		{ID: "CRS-020", Title: "no tunnel route announced", Promises: []string{"A4"}, Profile: Core},
		{ID: "CRS-021", Title: "no foreign block of the subnet announced", Promises: []string{"C7", "A4"}, Profile: Extended},
		{ID: "CRS-030", Title: "pods reach pods", Promises: []string{"N1"}, Profile: Core},
		{ID: "CRS-031", Title: "nodes reach pods", Promises: []string{"N2", "B8"}, Profile: Core},
		{ID: "CRS-040", Title: "plain packets within a rack", Promises: []string{"C1", "B7"}, Profile: Core},
		{ID: "CRS-041", Title: "IPIP packets between racks", Promises: []string{"B7", "C2"}, Profile: Core},
		{ID: "CRS-050", Title: "borrowed address", Promises: []string{"B13", "C1", "C2"}, Profile: Extended},
		{ID: "CRS-060", Title: "node address with a subnet of its own", Promises: []string{"C4"}, Profile: Extended},
		{ID: "CRS-070", Title: "mesh off keeps Felix's routes", Promises: []string{"A7"}, Profile: Extended, Where: "Felix owns the routes"},
		{ID: "CRS-071", Title: "mesh off takes BIRD's routes", Promises: []string{"A7"}, Profile: Extended, Where: "BIRD owns the routes"},
		{ID: "CRS-080", Title: "service between subnets", Promises: []string{"G1", "G16", "B7", "C1", "C2"}, Profile: Extended, Where: "Felix owns the routes"},
		{ID: "CRS-081", Title: "local service beside tunnels", Promises: []string{"G2", "G16"}, Profile: Extended, Where: "Felix owns the routes"},
	}
}
