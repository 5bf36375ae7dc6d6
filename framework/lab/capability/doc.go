// Package capability finds out whether this machine can run a lab, before
// anything of the lab is made: privileges, programs, kernel features, room. It
// tries kernel features for real, in a network namespace that is thrown away,
// and never touches the machine's own. It knows no labs, only what one says
// that it needs.
package capability
