// Package reports turns the results of suites into something to read: summaries,
// comparisons, and the tables of soaks. It reads the reports that suites write
// (framework/suite) in Ginkgo's schema, and has the file to which a suite writes results
// while it runs. It knows no labs and runs nothing.
package reports
