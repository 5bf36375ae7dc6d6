// Package bench measures how long labs take to come up and to go, and how much
// memory they have. It knows the embedded lab and no tests: measured times belong
// into a report, and never decide whether a spec passes.
package bench
