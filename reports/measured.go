package reports

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// Measured is a spec, whether it passed or not, with what it has measured.
type Measured struct {
	Spec
	Measurements []requirement.Measurement
}

// measurementsOf finds what a spec has measured. An entry that cannot be read is shown
// as what it says of itself, so that nobody misses it.
func measurementsOf(report types.SpecReport) []requirement.Measurement {
	var found []requirement.Measurement
	for _, entry := range report.ReportEntries {
		if entry.Name != requirement.MeasuredEntry {
			continue
		}
		var m requirement.Measurement
		if err := json.Unmarshal([]byte(entry.Value.AsJSON), &m); err != nil || m.Flow == "" {
			m = requirement.Measurement{Flow: "unreadable: " + entry.StringRepresentation()}
		}
		found = append(found, m)
	}
	return found
}

// writeMeasured writes the table of what was measured, if anything was.
func (s Summary) writeMeasured(b *strings.Builder) error {
	begun := false
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	for _, suite := range s.Suites {
		for _, spec := range suite.Measured {
			if !begun {
				fmt.Fprint(table, "\nWhat was measured:\n\nSPEC\tSUITE\tFLOW\tSENT\tLOST\tLONGEST OUTAGE\n")
				begun = true
			}
			for _, m := range spec.Measurements {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d ms\n", title(spec.Spec), suite.Name, m.Flow, m.Sent, m.Lost, m.LongestOutage)
			}
		}
	}
	return table.Flush()
}
