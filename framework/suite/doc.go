// Package suite is the Ginkgo bootstrap that all suites share: flags, labs that live as
// long as the suite, the gate between specs, changes with their undo, evidence of failures,
// and reports. It knows labs through package lab alone and asks nobody which provider it
// runs on. The packages in its folder are layers above it.
package suite
