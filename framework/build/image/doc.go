// Package image builds the images that labs on Docker run, from the distribution's
// packages and the components, loads them into a Docker daemon, and tells which image
// a lab is to use: its own, or the public one where a registry can be reached.
//
// An image is made as a root file system in a folder of the user's cache and written
// as an archive that Docker and containerd read; no container is needed for that. The
// same versions of packages give the same layers, byte by byte, but for those that
// have the store of a containerd in them (kind-node). An inventory of versions is
// written beside each.
//
// It knows Debian and Ubuntu: the images are of the distribution that the machine
// has, from the servers that its apt is configured with.
package image
