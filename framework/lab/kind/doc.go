// Package kind is the provider of labs made of containers: the cluster is one of
// sigs.k8s.io/kind, the fabric is joined by containerlab, the nodes run Calico from
// its own manifest, and everything is in one Docker daemon.
//
// A lab leaves the Docker host's own network alone. Its management network is a
// Docker network of its own; its bridges are in the network namespace of a container
// (the switches' container), so that they have the topology's names, several labs
// are up side by side, and removing a lab's containers removes everything that it has
// made. Every container and network carries the lab's name as a label.
//
// A lab ends with the process that has brought it up unless it is released. GC removes
// the rest of a killed process; the next Up begins with it.
package kind
