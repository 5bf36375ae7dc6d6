package catalogue

// agreement are the requirements of suites/agreement.
func agreement() []Entry {
	return []Entry{
		{ID: "AGR-001", Title: "same sessions in both labs", Promises: []string{"T1"}, Profile: Extended},
		{ID: "AGR-002", Title: "same routes in both labs", Promises: []string{"T1"}, Profile: Extended},
		{ID: "AGR-003", Title: "same service announcements in both labs", Promises: []string{"T1"}, Profile: Extended},
	}
}
