package catalogue

// modeswitch are the requirements of suites/modeswitch.
func modeswitch() []Entry {
	return []Entry{
		{ID: "MSW-001", Title: "VXLAN to none", Promises: []string{"B10", "K4"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-002", Title: "none to VXLAN", Promises: []string{"B10", "K4"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-010", Title: "mesh to leaf reflectors", Promises: []string{"A9", "E5"}, Profile: Extended, Sources: []Source{article(4)}},
		{ID: "MSW-011", Title: "leaf reflectors to mesh", Promises: []string{"A9", "E5"}, Profile: Extended},
	}
}
