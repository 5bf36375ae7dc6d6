package component

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// buildFlags are `go build`'s flags for every program: no paths of this machine
// in it (so that two machines build the same), and no look at a version control
// system, which fails in a tree of another owner.
func buildFlags(linker string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags", linker}
}

// linkerFlags leave out the symbol table and debugging information, half of a
// program's size, and set variables.
func linkerFlags(variables map[string]string) string {
	flags := []string{"-s", "-w"}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		flags = append(flags, "-X", fmt.Sprintf("%s=%s", name, variables[name]))
	}
	return strings.Join(flags, " ")
}
