// Package observe reads a lab's state: kernel routes by netlink, sessions and routing
// information bases from BIRD's control socket and FRR's JSON. Its results use the
// types of packages route and session, so that they compare with the oracle's. It knows
// any lab.Lab and no tests.
package observe
