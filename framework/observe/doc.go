// Package observe reads what is: kernel routes by netlink, sessions and routing
// information bases from BIRD's control socket and FRR's JSON. What it returns has
// the words of packages route and session, so that it can be held against the
// oracle. It knows any lab.Lab and no tests.
package observe
