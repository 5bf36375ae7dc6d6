// Package netns is the provider of labs made of network namespaces on this
// machine, the default. A lab is one process (package labinit) with namespaces of
// its own, in which everything else lives; this package starts such processes,
// finds them again, enters them and ends them. It touches neither the machine's
// own network namespace nor any file outside a lab's state folder.
package netns
