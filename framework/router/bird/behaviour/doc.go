// Package behaviour says how BIRD 1.6 speaks BGP: on Calico's nodes and, with the
// configuration of package bird, on routers of the fabric. It is pure.
package behaviour
