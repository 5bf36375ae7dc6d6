// Package frr renders FRRouting's configuration for a router of the fabric, says
// how to start it, and reads its state from vtysh's JSON. It knows no labs and
// no tests: it makes bytes and reads bytes; others write, start and run.
//
// It holds for FRR 8.4.4 as Debian 12 packages it. It does not read the routes that the
// kernel has installed: the kernel reports them.
package frr
