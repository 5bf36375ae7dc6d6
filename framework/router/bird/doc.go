// Package bird speaks with BIRD over its control socket, reads its state, and
// adapts Calico's configuration templates to it. It knows no labs and no tests:
// the caller brings the connection.
//
// It holds for BIRD 1.6.8 as Debian 12 packages it, which a lab runs in the place
// of Calico's own build of BIRD 1.6.
package bird
