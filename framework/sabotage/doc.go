// Package sabotage has the defects that prove that a spec can fail. A defect is a small
// value in a table, one file for each kind. It is put into a running lab from outside:
// through the lab's capabilities, by netlink in the hosts' namespaces, or by a wrong
// resource in the cluster. Each defect has an undo, and a look that proves its presence.
//
// The package knows no specs and no gate. framework/suite runs the specs of a suite once
// for each defect, and docs/sabotage.md describes such a run.
package sabotage
