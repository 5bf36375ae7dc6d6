// Package launch brings a lab up until it is ready to be tested: every session
// that the oracle expects is established, and the workload has a ready pod on
// each node. It knows providers by their interface alone, the oracle and observation, and
// no tests.
package launch
