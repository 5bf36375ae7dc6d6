package plan

import (
	"errors"
	"fmt"

	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/yamlfile"
)

// Finding is one thing that is wrong with a design.
type Finding struct {
	// Rule names what the design breaks.
	Rule string `json:"rule"`
	// File and Line are the place to mend, empty where it is not known.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

// String prints the finding as compilers do, with its rule at the end.
func (f Finding) String() string {
	if f.File == "" {
		return fmt.Sprintf("%s [%s]", f.Text, f.Rule)
	}
	return fmt.Sprintf("%s:%d: %s [%s]", f.File, f.Line, f.Text, f.Rule)
}

// findings makes a finding of each of the errors that are joined in one.
func findings(rule string, err error) []Finding {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Finding
		for _, one := range joined.Unwrap() {
			all = append(all, findings(rule, one)...)
		}
		return all
	}
	if problems, ok := errors.AsType[topology.Problems](err); ok {
		var all []Finding
		for _, one := range problems {
			all = append(all, located(rule, one))
		}
		return all
	}
	return []Finding{located(rule, err)}
}

// Refusals are the findings of an error by which a design cannot be planned, or not be read.
func Refusals(err error) []Finding { return findings(ruleDesign, err) }

// located is the finding of an error, with the place that the error names.
func located(rule string, err error) Finding {
	if at, ok := errors.AsType[topology.Problem](err); ok {
		return Finding{Rule: rule, File: at.File, Line: at.Line, Text: at.Text}
	}
	if at, ok := errors.AsType[*yamlfile.Error](err); ok {
		return Finding{Rule: rule, File: at.File, Line: at.Line, Text: at.Err.Error()}
	}
	return Finding{Rule: rule, Text: err.Error()}
}
