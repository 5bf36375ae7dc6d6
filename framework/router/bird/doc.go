// Package bird renders BIRD's configuration for a router of the fabric, speaks with
// BIRD over its control socket, reads its state, and adapts Calico's configuration
// templates to it. It knows no labs and no tests: the caller writes, starts and
// brings the connection.
//
// It holds for BIRD 1.6.8 as Debian 12 packages it, which a lab runs on routers and
// instead of Calico's own build of BIRD 1.6.
package bird
