// Package route has the words that oracle and observation share about routes:
// a Route and a Table of routes. It is pure: it knows no hosts' kernels, no routers and no tests.
package route
