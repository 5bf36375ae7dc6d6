// Package soak runs suites again and again: it builds their test programs once, runs them
// in rounds, measures their processor time, and disturbs them if that is asked for. It
// knows nothing of what is in the suites' reports.
package soak
