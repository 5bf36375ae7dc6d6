package sabotage

// tunnels are defects of tunnels between nodes.
func tunnels() []Defect { return nil }
