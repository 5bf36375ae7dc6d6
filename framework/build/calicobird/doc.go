// Package calicobird finds and fetches Calico's own build of BIRD, which knows the route
// attribute krt_tunnel. It comes out of Calico's image or of a file, into the user's cache
// folder. The package knows no labs; what a BIRD knows it asks the program.
package calicobird
