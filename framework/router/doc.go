// Package router has what labs, observation and the oracle need to know of a router's
// operating system: the interface Driver, which each folder below implements, and the
// one way in which routers are started and changed, whatever they run and whoever
// provides the lab.
//
// Package drivers lists the drivers. CONTRIBUTING.md says how to add one.
package router
