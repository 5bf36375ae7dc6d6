// Package steer makes a living lab what a state says: Calico's resources, the nodes'
// settings, services, what routers do, and which links are cut. It asks for what differs,
// and waits for nothing: observation shows what becomes of it.
package steer
