package catalogue

// caliconode are the requirements of suites/caliconode.
func caliconode() []Entry {
	return []Entry{
		{ID: "NODE-001", Title: "roll-out over a mesh", Promises: []string{"K10", "K1"}, Profile: Core},
		{ID: "NODE-002", Title: "roll-out over reflectors", Promises: []string{"K10", "E6"}, Profile: Core},
		{ID: "NODE-003", Title: "roll-out under reflecting leaves", Promises: []string{"K10", "K1"}, Profile: Core, Sources: []Source{article(1)}},
		{ID: "NODE-004", Title: "roll-out over reflectors of racks", Promises: []string{"K10", "E6"}, Profile: Core, Sources: []Source{article(3)}},
		{ID: "NODE-005", Title: "roll-out under two switches", Promises: []string{"K10", "K1"}, Profile: Core, Sources: []Source{article(2)}},
		{ID: "NODE-006", Title: "roll-out with services", Promises: []string{"K10", "G2"}, Profile: Extended},
		{ID: "NODE-007", Title: "roll-out with VXLAN", Promises: []string{"K10", "D4"}, Profile: Core},
		{ID: "NODE-010", Title: "calico-node away", Promises: []string{"K10", "K1"}, Profile: Core},
		{ID: "NODE-011", Title: "calico-node away for longer than the restart time", Promises: []string{"K11", "K3"}, Profile: Extended},
		{ID: "NODE-020", Title: "ready and live", Promises: []string{"K12", "A2"}, Profile: Core},
		{ID: "NODE-021", Title: "not ready without a peer after the start", Promises: []string{"K12"}, Profile: Core},
		{ID: "NODE-022", Title: "ready with one session, later", Promises: []string{"K12"}, Profile: Extended},
		{ID: "NODE-023", Title: "not ready without Felix", Promises: []string{"K12"}, Profile: Core},
		{ID: "NODE-030", Title: "another address of a node", Promises: []string{"I6"}, Profile: Extended},
		{ID: "NODE-041", Title: "CALICO_ADVERTISE_CLUSTER_IPS", Promises: []string{"G23"}, Profile: Extended, Sources: []Source{article(2)}},
	}
}

// caliconodeIPIP are the requirements of suites/caliconode/ipip.
func caliconodeIPIP() []Entry {
	return []Entry{
		{ID: "NODE-050", Title: "roll-out with IPIP", Promises: []string{"K10", "B2"}, Profile: Core},
		{ID: "NODE-051", Title: "roll-out with IPIP between subnets", Promises: []string{"K10", "C2"}, Profile: Core},
	}
}
