// Package suite is the Ginkgo bootstrap that all suites share: flags, labs that live as
// long as the suite, the gate between specs, changes with their undo, evidence of failures,
// and reports. It asks no lab which provider it is from; what differs is a property of the
// provider. The packages in its folder are layers above it.
package suite
