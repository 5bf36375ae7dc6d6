package catalogue

// localpolicy are the requirements of suites/localpolicy.
func localpolicy() []Entry {
	return []Entry{
		{ID: "LOC-001", Title: "one endpoint, one node", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-002", Title: "two nodes of a rack", Promises: []string{"G2", "R2"}, Profile: Core},
		{ID: "LOC-003", Title: "endpoints in both racks", Promises: []string{"G2", "R2"}, Profile: Core},
		{ID: "LOC-004", Title: "several endpoints on a node", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-005", Title: "scaled up and down", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-006", Title: "scaled to zero", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-007", Title: "external IP", Promises: []string{"G2", "G5"}, Profile: Core},
		{ID: "LOC-008", Title: "LoadBalancer IP", Promises: []string{"G2", "G7"}, Profile: Core},
		{ID: "LOC-009", Title: "service deleted", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-010", Title: "two services", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-011", Title: "internalTrafficPolicy", Promises: []string{"G19"}, Profile: Extended},
		{ID: "LOC-020", Title: "endpoint not ready", Promises: []string{"G11"}, Profile: Core},
		{ID: "LOC-022", Title: "several EndpointSlices", Promises: []string{"G11"}, Profile: Core},
		{ID: "LOC-023", Title: "endpoints by hand", Promises: []string{"G18"}, Profile: Extended},
		{ID: "LOC-024", Title: "EndpointSlice by hand deleted", Promises: []string{"G18"}, Profile: Extended},
		{ID: "LOC-025", Title: "endpoints by hand taken out", Promises: []string{"G18"}, Profile: Extended},
		{ID: "LOC-030", Title: "endpoint moves", Promises: []string{"G12", "G2"}, Profile: Core},
		{ID: "LOC-031", Title: "node drained", Promises: []string{"G12"}, Profile: Core},
		{ID: "LOC-032", Title: "node cordoned", Promises: []string{"G12"}, Profile: Core},
		{ID: "LOC-033", Title: "Local to Cluster and back", Promises: []string{"G3"}, Profile: Extended},
		{ID: "LOC-040", Title: "client's address by an external IP", Promises: []string{"G16"}, Profile: Core},
		{ID: "LOC-041", Title: "node's address with Cluster", Promises: []string{"G16"}, Profile: Core},
		{ID: "LOC-042", Title: "client's address by a LoadBalancer IP", Promises: []string{"G16"}, Profile: Core},
		{ID: "LOC-043", Title: "NetworkPolicy for the client's address", Promises: []string{"G16"}, Profile: Extended},
		{ID: "LOC-044", Title: "node port", Promises: []string{"G16"}, Profile: Extended, Sources: []Source{kubernetes("concepts/services-networking/service")}},
		{ID: "LOC-045", Title: "cluster IP with Local", Promises: []string{"G16"}, Profile: Core},
		{ID: "LOC-050", Title: "answer from the node of delivery", Promises: []string{"G2", "G16"}, Profile: Core, Sources: []Source{article(2)}},
		{ID: "LOC-051", Title: "answer from another node with Cluster", Promises: []string{"G16", "G3"}, Profile: Core, Sources: []Source{article(2)}},
		{ID: "LOC-052", Title: "connections spread over all nodes", Promises: []string{"G2", "R2"}, Profile: Core},
		{ID: "LOC-054", Title: "leaf delivers within its rack", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-060", Title: "handover when a service grows", Promises: []string{"G2"}, Profile: Core},
		{ID: "LOC-061", Title: "handover when a node is drained", Promises: []string{"G12"}, Profile: Core},
	}
}
