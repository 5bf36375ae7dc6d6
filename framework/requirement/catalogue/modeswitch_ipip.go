package catalogue

// modeswitchIPIP are the requirements of suites/modeswitch/ipip.
func modeswitchIPIP() []Entry {
	return []Entry{
		{ID: "MSW-020", Title: "IPIP to none", Promises: []string{"B10", "B11", "K4"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-021", Title: "none to CrossSubnet", Promises: []string{"B10", "C6"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-022", Title: "CrossSubnet to IPIP", Promises: []string{"B10", "C6"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-030", Title: "CALICO_IPV4POOL_IPIP", Promises: []string{"M5", "B10"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-031", Title: "FELIX_IPINIPENABLED", Promises: []string{"M6", "B10"}, Profile: Extended, Sources: []Source{article(4)}},
	}
}
