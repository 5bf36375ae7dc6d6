package capability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/diskspace"
	"github.com/rackproof/rackproof/framework/lab"
)

// Capabilities are what a machine has of what was asked for.
type Capabilities struct {
	Root   bool
	Kernel Kernel
	// Programs are the paths of the programs that were found, by name.
	Programs map[string]string
	// Absent are the features that are not there, with the kernel's answer. It
	// is empty without root: then nothing is known of them.
	Absent map[Feature]string
	// Free is the room for each folder that was asked about, in bytes.
	Free map[string]uint64
}

// Problem is something that is needed and missing.
type Problem struct {
	// The gap, such as "program birdc is not installed".
	What string
	// NeededBy are the names of the needs.
	NeededBy []string
	// Remedy says what to do.
	Remedy string
	// Feature is set if it is one that is missing.
	Feature Feature
	// Room says that a folder has too little of it.
	Room bool
}

func (p Problem) String() string {
	return fmt.Sprintf("%s (needed by %s): %s", p.What, strings.Join(p.NeededBy, ", "), p.Remedy)
}

// Error is all that keeps a machine from running something.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("this machine lacks what the lab needs:")
	for _, problem := range e.Problems {
		text.WriteString("\n  " + problem.String())
	}
	return text.String()
}

// Unwrap makes it one of lab.ErrUnable, unless room is lacking: that is no property of the
// machine, and a lab that was up before has used it.
func (e *Error) Unwrap() error {
	if slices.ContainsFunc(e.Problems, func(p Problem) bool { return p.Room }) {
		return nil
	}
	return lab.ErrUnable
}

// OnlyFeatures reports whether only another kernel is missing.
func (e *Error) OnlyFeatures() bool {
	for _, problem := range e.Problems {
		if problem.Feature == "" || problem.Feature == Namespaces {
			return false
		}
	}
	return true
}

// Missing compares a machine's capabilities with needs. A gap that several needs share
// is one problem.
func Missing(have Capabilities, needs ...Need) []Problem {
	var problems []Problem
	add := func(found Problem, by Need) {
		for i := range problems {
			if problems[i].What == found.What {
				problems[i].NeededBy = append(problems[i].NeededBy, by.For)
				return
			}
		}
		found.NeededBy = []string{by.For}
		problems = append(problems, found)
	}
	for _, need := range needs {
		if len(need.Features) > 0 && !have.Root {
			add(Problem{
				What:   "not root",
				Remedy: "network namespaces, mounts and netlink need it; run this as root, for instance by sudo",
			}, need)
		}
		if have.Kernel.before(need.Kernel) {
			add(Problem{
				What:   fmt.Sprintf("Linux %s is too old", have.Kernel),
				Remedy: fmt.Sprintf("use Linux %s or newer", need.Kernel),
			}, need)
		}
		for _, program := range need.Programs {
			if have.Programs[program.Name] == "" {
				add(missingProgram(program), need)
			}
		}
		features := need.Features
		if _, absent := have.Absent[Namespaces]; absent && len(features) > 0 {
			// Without namespaces nothing was tried, and nothing else matters.
			features = []Feature{Namespaces}
		}
		for _, feature := range features {
			if answer, absent := have.Absent[feature]; absent {
				add(Problem{
					What:    fmt.Sprintf("the kernel gives no %s (%s)", feature, answer),
					Remedy:  feature.remedy(),
					Feature: feature,
				}, need)
			}
		}
		for _, space := range need.Space {
			if free := have.Free[space.Folder]; free < space.Bytes {
				add(Problem{
					What:   fmt.Sprintf("%s free for %s", diskspace.Format(free), space.Folder),
					Remedy: fmt.Sprintf("make room for %s", diskspace.Format(space.Bytes)),
					Room:   true,
				}, need)
			}
		}
	}
	return problems
}

func missingProgram(program Program) Problem {
	problem := Problem{
		What:   fmt.Sprintf("program %s is not installed", program.Name),
		Remedy: fmt.Sprintf("run `make packages`, or install the package %s (Debian's and Ubuntu's name)", program.Package),
	}
	if program.Command != "" {
		problem.Remedy = fmt.Sprintf("run `%s`, which takes it from the package %s (Debian's and Ubuntu's name)", program.Command, program.Package)
	}
	return problem
}
