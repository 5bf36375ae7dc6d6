// Package suite is the Ginkgo bootstrap that all suites share: flags, labs that
// live as long as the suite, the matcher that compares an observed table with the
// expected one, evidence of failures, and reports. It knows labs through package lab
// alone and asks nobody which provider it runs on.
package suite
