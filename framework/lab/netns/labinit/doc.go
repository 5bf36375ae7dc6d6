// Package labinit is the process that a lab of network namespaces lives and dies
// with: the init of a PID namespace with a mount, a network, a UTS and an IPC
// namespace of its own. It makes the hosts and links, starts routers and the
// cluster, and serves a control socket.
//
// All of a lab depends on this process. Every other process is in its PID namespace, and
// every mount and named network namespace in its mount namespace. When it ends, by
// whatever signal, the kernel takes everything away. Only the lab's state folder, plain
// files, can stay behind, and its lock tells that nobody holds it any more.
package labinit
