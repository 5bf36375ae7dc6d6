// Package calicoctl runs the real calicoctl on a node of a suite's lab, as an administrator
// does: on files, and for what it prints.
package calicoctl
