package requirement

import (
	"fmt"

	"github.com/onsi/ginkgo/v2"
)

// MeasuredEntry is the name of the report entries that say what a spec has measured.
// Their value is a Measurement.
const MeasuredEntry = "measured"

// Measurement is what the probes of one flow have come to while a spec did something.
type Measurement struct {
	// Flow is the flow's name: what is probed from where.
	Flow string `json:"flow"`
	// Sent and Lost count the probes and those of them that were lost.
	Sent int `json:"sent"`
	Lost int `json:"lost"`
	// LongestOutage is the longest time without a probe that got through, in
	// milliseconds; 0 if none was lost.
	LongestOutage int64 `json:"longestOutageMilliseconds"`
	// LastError is what the last lost probe failed with.
	LastError string `json:"lastError,omitempty"`
}

// String is what people get to read.
func (m Measurement) String() string {
	return fmt.Sprintf("%s: %d of %d probes lost, longest outage %d ms", m.Flow, m.Lost, m.Sent, m.LongestOutage)
}

// Measured puts what the running spec has measured into its report.
func Measured(m Measurement) { ginkgo.AddReportEntry(MeasuredEntry, ginkgo.Offset(1), m) }
