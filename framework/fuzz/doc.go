// Package fuzz puts a living lab into random states, one after the other, and compares all
// its sessions, routes, paths and VTEPs with the oracle's each time. A state in which they
// differ is shrunk to the resources that matter. In the end the lab is what it was.
package fuzz
