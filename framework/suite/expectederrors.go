package suite

// expectedError is a line at the level of an error that a component writes though all is
// well, or that specs bring about on purpose.
type expectedError struct {
	// component is its name; empty for all.
	component string
	// contains is what every such line contains.
	contains string
	// because is why it is expected.
	because string
}

// expectedErrors lists what logs may contain.
func expectedErrors() []expectedError {
	return []expectedError{}
}
