package catalogue

// ipip are the requirements of suites/ipip.
func ipip() []Entry {
	return []Entry{
		{ID: "IPIP-001", Title: "mesh beside tunnels", Promises: []string{"A1"}, Profile: Core},
		{ID: "IPIP-010", Title: "one route per remote block, through tunl0", Promises: []string{"B2", "B3", "B5", "A3"}, Profile: Core},
		{ID: "IPIP-012", Title: "blackhole of own blocks", Promises: []string{"B4"}, Profile: Core},
		{ID: "IPIP-013", Title: "one owner of the pool's routes", Promises: []string{"B3"}, Profile: Core},
		{ID: "IPIP-014", Title: "fabric without pod routes", Promises: []string{"R3"}, Profile: Core},
		{ID: "IPIP-015", Title: "stable routes", Promises: []string{"K7"}, Profile: Core},
		{ID: "IPIP-020", Title: "tunl0 and its address", Promises: []string{"B1"}, Profile: Core},
		{ID: "IPIP-021", Title: "MTU of tunl0 and pods", Promises: []string{"B1", "N7"}, Profile: Core},
		{ID: "IPIP-030", Title: "own blocks announced, no tunnel route", Promises: []string{"A4"}, Profile: Core},
		{ID: "IPIP-031", Title: "blocks heard from their owners", Promises: []string{"A4"}, Profile: Core},
		{ID: "IPIP-032", Title: "nothing announced but own blocks and tunnel routes", Promises: []string{"A4"}, Profile: Core},
		{ID: "IPIP-033", Title: "owner's node IP as next hop", Promises: []string{"A4"}, Profile: Core},
		{ID: "IPIP-040", Title: "pods of other racks", Promises: []string{"N1"}, Profile: Core},
		{ID: "IPIP-041", Title: "pods of the rack's other nodes", Promises: []string{"N1"}, Profile: Core},
		{ID: "IPIP-042", Title: "node to pods, from the tunnel address", Promises: []string{"B8", "N2"}, Profile: Core},
		{ID: "IPIP-043", Title: "pods unreachable from outside", Promises: []string{"N4"}, Profile: Core},
		{ID: "IPIP-050", Title: "IPIP packets between racks", Promises: []string{"B7"}, Profile: Core},
		{ID: "IPIP-051", Title: "IPIP packets within a rack", Promises: []string{"B7"}, Profile: Core},
		{ID: "IPIP-052", Title: "no packets of a node's own pods", Promises: []string{"B7"}, Profile: Core},
		{ID: "IPIP-055", Title: "largest packet", Promises: []string{"N7"}, Profile: Core},
		{ID: "IPIP-056", Title: "packet that is too large", Promises: []string{"N7"}, Profile: Core},
		{ID: "IPIP-057", Title: "large transfer", Promises: []string{"N7"}, Profile: Core},
		{ID: "IPIP-060", Title: "borrowed address", Promises: []string{"B13"}, Profile: Extended},
		{ID: "IPIP-061", Title: "borrowed address released", Promises: []string{"B13"}, Profile: Extended},
		{ID: "IPIP-065", Title: "block of one address", Promises: []string{"B12"}, Profile: Extended},
		{ID: "IPIP-070", Title: "mesh off keeps Felix's routes", Promises: []string{"A7"}, Profile: Extended, Where: "Felix owns the routes"},
		{ID: "IPIP-071", Title: "mesh off takes BIRD's routes", Promises: []string{"A7"}, Profile: Extended, Where: "BIRD owns the routes"},
		{ID: "IPIP-080", Title: "leaves know the blocks", Promises: []string{"F4", "R2"}, Profile: Extended},
		{ID: "IPIP-081", Title: "gateway stays the node", Promises: []string{"B5", "B6"}, Profile: Extended},
		{ID: "IPIP-082", Title: "packets still encapsulated", Promises: []string{"B6", "B7"}, Profile: Extended, Where: "Felix owns the routes"},
		{ID: "IPIP-084", Title: "client reaches pods with a filter", Promises: []string{"N3", "F6"}, Profile: Extended, Where: "Felix owns the routes"},
		{ID: "IPIP-085", Title: "client reaches pods beside the mesh", Promises: []string{"F6", "N3"}, Profile: Extended, Where: "Felix owns the routes"},
	}
}
