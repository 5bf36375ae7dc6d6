// Package inventory lists the requirements of all suites. Ids, sentences and needs come from
// the sources of the specs, which it parses and neither compiles nor runs; everything else
// comes from the catalogue. It knows no labs and no results.
package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// Requirement is one requirement: its entry in the catalogue, and what its spec says.
type Requirement struct {
	catalogue.Entry `yaml:",inline"`
	// Must is the sentence that the spec proves.
	Must string `json:"must" yaml:"must"`
	// Needs are what the spec requires of a lab.
	Needs []requirement.Need `json:"needs,omitempty" yaml:"needs,omitempty"`
	// KnownIssue is the number of the issue that breaks it; empty for none.
	KnownIssue string `json:"knownIssue,omitempty" yaml:"knownIssue,omitempty"`
}

// Inventory is the catalogue as readers get it.
type Inventory struct {
	Profiles     []catalogue.ProfileMeaning `json:"profiles" yaml:"profiles"`
	Kinds        []catalogue.KindMeaning    `json:"sourceKinds" yaml:"sourceKinds"`
	Groups       []catalogue.Group          `json:"groups" yaml:"groups"`
	Promises     []catalogue.Promise        `json:"promises" yaml:"promises"`
	Requirements []Requirement              `json:"requirements" yaml:"requirements"`
	Withdrawn    []catalogue.Withdrawn      `json:"withdrawn" yaml:"withdrawn"`
}

// Read joins the specs of all suites with the catalogue. It refuses ids with two specs, specs
// without an entry, and entries without a spec.
func Read(sources fs.FS) (Inventory, error) {
	specs, err := Specs(sources)
	if err != nil {
		return Inventory{}, err
	}
	requirements, err := join(specs, catalogue.All(), catalogue.WithdrawnIDs())
	if err != nil {
		return Inventory{}, err
	}
	return Inventory{
		catalogue.Profiles(), catalogue.Kinds(), catalogue.Groups(), catalogue.Promises(), requirements, catalogue.WithdrawnIDs(),
	}, nil
}

// join finds the spec of each entry.
func join(specs []Spec, entries []catalogue.Entry, withdrawn []catalogue.Withdrawn) ([]Requirement, error) {
	byID := map[string]Spec{}
	places := map[string]map[string]string{}
	for _, entry := range entries {
		places[entry.Suite] = map[string]string{}
	}
	var faults []string
	for _, spec := range specs {
		if before, twice := byID[spec.ID]; twice {
			faults = append(faults, fmt.Sprintf("%s: %s is used at %s already", spec.Place, spec.ID, before.Place))
			continue
		}
		byID[spec.ID] = spec
		if places[spec.Suite] == nil {
			places[spec.Suite] = map[string]string{}
		}
		places[spec.Suite][spec.ID] = spec.Place
	}
	for _, suite := range slices.Sorted(maps.Keys(places)) {
		faults = append(faults, requirement.CheckEntries(suite, places[suite], entries, withdrawn)...)
	}
	for _, entry := range entries {
		if byID[entry.ID].ID == "" && entry.Where != "" {
			faults = append(faults, fmt.Sprintf("%s has an entry in the catalogue and no spec, not even where %s", entry.ID, entry.Where))
		}
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	var requirements []Requirement
	for _, entry := range entries {
		spec := byID[entry.ID]
		requirements = append(requirements, Requirement{entry, spec.Must, spec.Needs, spec.KnownIssue})
	}
	return requirements, nil
}
