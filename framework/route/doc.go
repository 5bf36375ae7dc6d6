// Package route has the words that oracle and observation share about routes:
// a Route, a Table of routes, and the Difference of two tables, which is the
// verdict. It is pure: it knows no hosts' kernels, no routers and no tests.
package route
