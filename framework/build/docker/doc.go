// Package docker finds a Docker daemon, and starts one of Rackproof's own where a
// lab should not share one with others, or where there is none.
//
// Rackproof's own daemon is the distribution's dockerd, a child of the init of a PID
// namespace. It has a mount, a network, a UTS and an IPC namespace of its own. Its
// bridges and its iptables rules are therefore never in the machine's network
// namespace, nothing that runs in it reaches the outside, and it cannot pull images:
// they are loaded (see framework/build/image). It outlives the command that starts it.
// When its init ends, by whatever signal, the kernel takes the daemon and every
// container away. Its images stay, in the user's cache folder, and plain files, which
// the next start removes.
//
// The daemon has an OCI runtime of Rackproof's, which changes what a container is
// started with and then calls runc. Containers forward packets, as they do where Docker
// runs in the machine's own network namespace and has set its forwarding. And where this
// machine lacks a capability that Docker gives to privileged containers
// (CAP_SYS_RESOURCE, in hardened runners), it is taken out, with what needs it: resource
// limits, and a lower score for the kernel's killer.
//
// A program that calls Start calls RunIfDaemon before anything else: the init and
// the OCI runtime are the same program under other names.
package docker
