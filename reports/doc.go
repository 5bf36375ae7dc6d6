// Package reports turns the results folder of a run into something to read. It
// reads the JSON reports that the suites write (framework/suite) in Ginkgo's
// schema. It knows no labs and runs nothing.
package reports
