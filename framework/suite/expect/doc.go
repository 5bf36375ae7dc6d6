// Package expect compares what a lab has with what the oracle computes for it, and has the
// promises that several suites make.
package expect
