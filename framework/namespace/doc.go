// Package namespace starts processes and opens sockets inside Linux namespaces.
// It knows no labs: a namespace is an open file.
//
// A Go program has many threads, and setns(2) moves only the calling one. So every entry
// happens on a thread of its own, which ends afterwards: it never returns to the
// scheduler with foreign namespaces.
package namespace
