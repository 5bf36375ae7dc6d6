package catalogue

// fullmesh are the requirements of suites/fullmesh.
func fullmesh() []Entry {
	return []Entry{
		{ID: "MESH-001", Title: "mesh sessions", Promises: []string{"A1"}, Profile: Core},
		{ID: "MESH-002", Title: "BGP identifier", Promises: []string{"A2"}, Profile: Core},
		{ID: "MESH-003", Title: "graceful restart has ended", Promises: []string{"K2"}, Profile: Core},
		{ID: "MESH-004", Title: "start beside a dead BIRD", Promises: []string{"K2"}, Profile: Extended},
		{ID: "MESH-010", Title: "one route per remote block", Promises: []string{"A3", "D1"}, Profile: Core},
		{ID: "MESH-011", Title: "blackhole of own blocks", Promises: []string{"A3"}, Profile: Core},
		{ID: "MESH-012", Title: "no other route into the pool", Promises: []string{"A3"}, Profile: Core},
		{ID: "MESH-013", Title: "BIRD programs blocks only", Promises: []string{"A3", "D1"}, Profile: Core},
		{ID: "MESH-014", Title: "own blocks announced, no others", Promises: []string{"A4"}, Profile: Core},
		{ID: "MESH-015", Title: "every next hop resolves", Promises: []string{"D6"}, Profile: Core},
		{ID: "MESH-016", Title: "stable routes", Promises: []string{"K7"}, Profile: Core},
		{ID: "MESH-017", Title: "deleted route of BIRD comes back", Promises: []string{"K8"}, Profile: Extended},
		{ID: "MESH-018", Title: "changed route of BIRD is put right", Promises: []string{"K8"}, Profile: Extended},
		{ID: "MESH-020", Title: "pods on one node", Promises: []string{"N1"}, Profile: Core},
		{ID: "MESH-021", Title: "pods on other nodes", Promises: []string{"N1"}, Profile: Core},
		{ID: "MESH-022", Title: "node to pods", Promises: []string{"N2"}, Profile: Core},
		{ID: "MESH-030", Title: "mesh off", Promises: []string{"A7"}, Profile: Extended},
		{ID: "MESH-031", Title: "mesh on again", Promises: []string{"A9"}, Profile: Extended},
		{ID: "MESH-032", Title: "AS number of one node", Promises: []string{"A12"}, Profile: Extended},
		{ID: "MESH-033", Title: "change of the global AS number", Promises: []string{"A11"}, Profile: Extended},
		{ID: "MESH-034", Title: "all-to-all BGPPeer", Promises: []string{"A8"}, Profile: Extended},
		{ID: "MESH-035", Title: "reversePeering Manual", Promises: []string{"F14"}, Profile: Extended, Since: "v3.30"},
		{ID: "MESH-036", Title: "password of the mesh", Promises: []string{"F17"}, Profile: Extended},
		{ID: "MESH-037", Title: "another password of the mesh", Promises: []string{"F17"}, Profile: Extended},
		{ID: "MESH-040", Title: "mesh across racks", Promises: []string{"A1"}, Profile: Core},
		{ID: "MESH-041", Title: "route via the leaf", Promises: []string{"D1", "F22"}, Profile: Core},
		{ID: "MESH-042", Title: "fabric without pod routes", Promises: []string{"R3"}, Profile: Core},
		{ID: "MESH-043", Title: "other racks' pods unreachable", Promises: []string{"N4"}, Profile: Core},
		{ID: "MESH-044", Title: "pods within the rack", Promises: []string{"N1"}, Profile: Core},
		{ID: "MESH-050", Title: "node deleted and registered again", Promises: []string{"I4"}, Profile: Extended},
		{ID: "MESH-060", Title: "borrowed address", Promises: []string{"B13"}, Profile: Extended},
		{ID: "MESH-061", Title: "borrowed address given back", Promises: []string{"B13"}, Profile: Extended},
	}
}
