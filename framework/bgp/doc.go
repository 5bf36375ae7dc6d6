// Package bgp has the words in which the behaviour of BGP daemons is stated:
// speakers, their peers, paths and the ways to next hops. It has what RFC 4271 and
// RFC 4456 ask of every daemon (select.go, propagate.go); what each does in its own
// way is a Behaviour.
//
// Behaviours of router operating systems lie in their folders below framework/router;
// those of Calico's nodes are the oracle's. The package is pure.
package bgp
