package topology

// AllPairs chooses every pair.
func AllPairs(_, _ *Host) bool { return true }

// WithinRacks chooses the pairs of nodes of one rack.
func WithinRacks(from, to *Host) bool { return from.Rack == to.Rack }

// AcrossRacks chooses the pairs of nodes of different racks.
func AcrossRacks(from, to *Host) bool { return from.Rack != to.Rack }
