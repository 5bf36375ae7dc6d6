// Package observed reads what is, for looks that do not rest on the oracle: routes, next
// hops, sessions and paths of one host, and what Calico keeps about nodes.
package observed
