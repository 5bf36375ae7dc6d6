package reports

import (
	"fmt"
	"regexp"
)

// Place is the lab of a suite, as a line of the suite's environment has it. A suite writes
// the line by String, and ParsePlace reads it.
type Place struct {
	Provider string `json:"provider"`
	Mode     string `json:"mode"`
	Topology string `json:"topology"`
	// Owner is the program that programs the routes between nodes.
	Owner  string `json:"owner"`
	Calico string `json:"calico"`
	// BIRD says which BIRD nodes run.
	BIRD string `json:"bird"`
}

// placeForm is the line of a Place.
const placeForm = "lab: provider %s, mode %s on topology %s, routes between nodes by %s, Calico %s with %s"

// String is the line of the environment.
func (p Place) String() string {
	return fmt.Sprintf(placeForm, p.Provider, p.Mode, p.Topology, p.Owner, p.Calico, p.BIRD)
}

// ParsePlace reads a line of the environment. Other lines name no lab.
func ParsePlace(line string) (Place, bool) {
	found := regexp.MustCompile(`^` + regexp.MustCompile(`%s`).ReplaceAllLiteralString(placeForm, `(.*?)`) + `$`).FindStringSubmatch(line)
	if found == nil {
		return Place{}, false
	}
	return Place{found[1], found[2], found[3], found[4], found[5], found[6]}, true
}
