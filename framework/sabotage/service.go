package sabotage

// services are defects of services and of how they are announced.
func services() []Defect { return nil }
